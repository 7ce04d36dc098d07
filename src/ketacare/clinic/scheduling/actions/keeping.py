"""What the database refuses, said as an answer: which of the two things is taken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, connection, transaction

from ketacare.clinic.people.access import Actor
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy.refusals import Conflict, Refusal, Refused

TAKEN = {
    "no_chair_twice": ("chair", "The chair is booked for somebody else at that time."),
    "one_person_in_a_chair": ("chair", "Somebody sits in this chair."),
    "no_patient_twice": ("starts_at", "This person has another visit at that time."),
    "no_person_twice": ("people", "Somebody who is needed has another visit at that time."),
    "no_resource_twice": ("resources", "A room or device that is needed is taken at that time."),
    "no_overlapping_leave": ("starts_at", "This person is already away then."),
}
OURS = "no_chair_twice, no_patient_twice, no_person_twice, no_resource_twice"
REMEDY = "Choose another time, or another one that is free."


@contextmanager
def held_once() -> Iterator[None]:
    """Nothing is given twice; who comes second is told what is taken, and nothing of theirs is kept."""
    try:
        with transaction.atomic():
            yield
            with connection.cursor() as cursor:
                cursor.execute(f"set constraints {OURS} immediate")
    except IntegrityError as fault:
        found = next((name for name in TAKEN if name in str(fault)), None)
        if found is None:
            raise
        field, rule = TAKEN[found]
        raise Refused(Refusal(field, rule, REMEDY, "policy")) from fault


def one_at_a_time(by: Actor) -> None:
    """Writers of one clinic's calendar wait for each other, so that two courses cannot lock each other out. The
    exclusion constraints hold without it, whoever writes."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 8))", [str(by.clinic_id)])


def as_shown(visit: Visit, by: Actor) -> Visit:
    """The visit under the lock, if it still is what was looked at; whoever comes second sees what was done (I4)."""
    one_at_a_time(by)
    rows = Visit.objects.select_for_update(of=("self",)).select_related("patient", "course", "chair", "clinic")
    row: Visit = rows.get(pk=visit.pk)
    if (row.version, row.state) != (visit.version, visit.state):
        rule = "Somebody has changed this visit since it was shown."
        raise Conflict(Refusal("visit", rule, "Look at it as it is now, then decide again."))
    return row


def later_check() -> None:
    """Within this transaction two visits may exchange their places: only the end is judged."""
    with connection.cursor() as cursor:
        cursor.execute(f"set constraints {OURS} deferred")
