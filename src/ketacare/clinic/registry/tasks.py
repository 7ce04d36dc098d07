"""What the passing of time does to what was learned and counted of a clinic: it is learned again every day, and counted
again after each change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from ketacare.clinic.people.models import Patient
from ketacare.clinic.registry import queries
from ketacare.clinic.registry.models import FadingPool
from ketacare.clinic.tenancy.actions import for_each_organisation
from ketacare.clinic.tenancy.models import Clinic

EVERY, FROM_NOBODY = timedelta(hours=24), timedelta(hours=1)
A_ROUND_S = 10
AT_ONCE = 1000
Due = tuple[Clinic, str]
Together = tuple[UUID, tuple[UUID, ...]]


def learn_fading(at: datetime) -> int:
    """In every clinic, by every scale that can be forecast, where it was not learned within a day, or from nobody
    within the hour."""
    return for_each_organisation(lambda: list(due_to_learn(at)), lambda one: keep_fading(one, at))


def learn_next(at: datetime) -> int:
    """Of these one clinic and scale, so that the next escalation and the next silence wait for no other (H23). A fault
    in one holds up no other organisation now, and in its own none the next time."""
    learned = False

    def one() -> list[Due]:
        due = [] if learned else list(due_to_learn(at))
        turn = int(at.timestamp() / A_ROUND_S) % max(len(due), 1)
        return due[turn : turn + 1]

    def keep(one: Due) -> None:
        nonlocal learned
        keep_fading(one, at)
        learned = True

    return for_each_organisation(one, keep)


def due_to_learn(at: datetime) -> Iterator[Due]:
    """The clinics of the organisation that is entered: those with a patient."""
    for clinic in Clinic.objects.filter(pk__in=Patient.objects.values("clinic")):
        for name in queries.forecast_scales():
            row = queries.kept_pool(clinic.pk, name)
            if (
                row is None
                or not queries.is_current(row)
                or at - row.learned_at >= (EVERY if row.people else FROM_NOBODY)
            ):
                yield clinic, name


def keep_fading(one: Due, at: datetime) -> None:
    """It is no act on anybody's record, and can be learned again from the scores: so it is replaced without a line."""
    clinic, name = one
    pool = queries.learned(clinic.pk, name, at)
    versions = queries.versions_for(name)
    told = {"learned_at": at, "people": pool.people if pool else 0, "body": pool.written() if pool else {}}
    place = {"organisation_id": clinic.organisation_id, "clinic": clinic, "instrument": name}
    FadingPool.objects.update_or_create(
        **place, defaults=told | versions, create_defaults=told | versions | {"created_at": at}
    )


def keep_counts(at: datetime) -> int:
    """Of every patient of whom something was written since, what the programme's page counts. Until then the page works
    them out itself, each time."""
    return for_each_organisation(lambda: list(due_to_keep()), lambda some: queries.keep(some[1], some[0]))


def due_to_keep() -> Iterator[Together]:
    """In the organisation that is entered, so many a round: after an import the other chores go on meanwhile."""
    some = tuple(queries.stale_patients()[:AT_ONCE])
    organisation = Patient.objects.filter(pk__in=some[:1]).values_list("organisation_id", flat=True).first()
    if organisation is not None:
        yield organisation, some
