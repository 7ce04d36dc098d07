"""Opening, taking, passing on, escalating and closing duties.

Opening and closing follow from another room's action, which has asked for the right it needs; only taking and passing
on are a person's own choice and ask here.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties.access import above, concerns, system
from ketacare.clinic.duties.by_word import asked_of
from ketacare.clinic.duties.by_word import ends_by_word as ends_by_word
from ketacare.clinic.duties.holders import can_do, is_limited
from ketacare.clinic.duties.holders import done_only_by as done_only_by
from ketacare.clinic.duties.models import Consequence, Duty, DutyState, DutyStep, Step
from ketacare.clinic.people import access
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, NotAllowed
from ketacare.clinic.people.models import Demographics, Patient, Role, User
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.refusals import Refusal, Refused

GRACE = timedelta(minutes=30)
WORDS_MOST = 200
UNHELD = "unheld."  # of a duty that the next in the ladder cannot do: they find somebody who can
AROUND = ".,:;()'’"
NAMED = "names the patient; this list is read over shoulders."


class NamesAPatient(ValueError):
    """A duty's words would carry a patient's name into lists, notices and logs."""


@transaction.atomic
def open_duty(
    *,
    kind: str,
    title: str,
    patient: Patient | None,
    owner_role: str,
    due_at: datetime,
    why: str,
    link: str,
    by: Actor,
    at: datetime,
    visit_id: UUID | None = None,
    owner: User | None = None,
    late_at: datetime | None = None,
    escalate_at: datetime | None = None,
    consequence: Consequence = Consequence.CARE,
) -> Duty:
    """A new duty with an owner or a role; late half an hour after it is due unless said otherwise."""
    refuse_names(patient, title, why, link)
    late_at = late_at or due_at + GRACE
    duty = Duty.objects.create(
        organisation_id=by.organisation_id,
        clinic_id=by.clinic_id,
        created_at=at,
        kind=kind,
        title=title,
        why=why,
        link=link,
        patient=patient,
        visit_id=visit_id,
        owner_role=Role(owner_role),
        owner=owner,
        due_at=due_at,
        late_at=late_at,
        escalate_at=escalate_at or late_at,
        consequence=consequence,
    )
    step(duty, Step.OPENED, by=by, at=at, to_role=duty.owner_role, to_user=owner)
    return duty


@transaction.atomic
def close_duty(duty: Duty, *, evidence: Model, by: Actor, at: datetime, reason: str = "") -> Duty:
    """Done, and here is the record that shows it; the reason where nobody did it. Closing twice is the same as once."""
    duty = Duty.objects.select_for_update(of=("self",)).get(pk=duty.pk)
    if duty.is_open:
        duty.state, duty.closed_at, duty.version = DutyState.CLOSED, at, duty.version + 1
        duty.save(update_fields=["state", "closed_at", "version"])
        step(duty, Step.CLOSED, by=by, at=at, evidence_kind=evidence._meta.label_lower, evidence_id=evidence.pk,
             reason=reason)  # fmt: skip
        if is_limited(duty.kind):
            for other in Duty.objects.filter(kind=UNHELD + duty.kind, patient=duty.patient, state=DutyState.OPEN):
                close_duty(other, evidence=evidence, by=by, at=at, reason=reason)
    return duty


@transaction.atomic
def take(duty: Duty, *, by: Actor, at: datetime) -> Duty:
    """Taken: from now on it is one person's, and others can see whose."""
    duty = claim(duty, by)
    refuse_unable(by.role, duty, "Duty", "Pass it on to somebody who may write it down.")
    give(duty, duty.owner_role, User.objects.get(pk=by.person_id))
    step(duty, Step.TAKEN, by=by, at=at, to_role=duty.owner_role, to_user=duty.owner)
    return duty


@transaction.atomic
def pass_on(duty: Duty, *, to_role: str, reason: str, by: Actor, at: datetime, to: User | None = None) -> Duty:
    """Hand it to another role or person, with a word why. It keeps its times: passing on buys none."""
    duty = claim(duty, by)
    if not reason.strip():
        raise Refused(Refusal("reason", "is empty.", "Say in a few words why it goes to somebody else."))
    if names_patient(duty.patient, reason):
        raise Refused(Refusal("reason", NAMED, "Write “the patient”."))
    if not access.granted(to_role, "duties", "U", frozenset({"clinic", "a"})):
        raise Refused(Refusal("to_role", "has no worklist, so nobody would see it.", "Choose a role from the list."))
    refuse_unable(to_role, duty, "to_role", "Choose a role that may write it down.")
    if to is not None and not people.colleagues(clinic_id=by.clinic_id, role=Role(to_role)).filter(pk=to.pk).exists():
        raise Refused(Refusal("to", "does not work here in that role.", "Choose from the list."))
    give(duty, to_role, to)
    step(duty, Step.PASSED, by=by, at=at, to_role=to_role, to_user=to, reason=reason.strip())
    return duty


@transaction.atomic
def say_done(duty: Duty, *, words: str, by: Actor, at: datetime) -> Duty:
    """Somebody was spoken with, told or called, and no record of ours shows it: what was done is kept with its end."""
    duty = claim(duty, by)
    said = words.strip()
    if not asked_of(duty.kind):
        raise Refused(
            Refusal("Duty", "is done by its own record, not by a word.", "Open it and do it there.", "policy")
        )
    if not said:
        raise Refused(Refusal("words", "is empty.", "Say in a sentence what was done."))
    if len(said) > WORDS_MOST:
        raise Refused(Refusal("words", f"is longer than {WORDS_MOST} letters.", "Say it in a sentence."))
    if names_patient(duty.patient, said):
        raise Refused(Refusal("words", NAMED, "Write “the patient”."))
    return close_duty(duty, evidence=duty, reason=said, by=by, at=at)


@transaction.atomic
def hand_over(duty: Duty, *, to: User, role: str, reason: str, by: Actor, at: datetime, title: str = "") -> Duty:
    """The care team changed: what waited is now this person's. By whoever may change the team."""
    access.require(by, "demographics", "U", patient=duty.patient)
    duty = Duty.objects.select_for_update(of=("self",)).select_related("patient").get(pk=duty.pk)
    return move(duty, to_role=role, to=to, reason=reason, by=by, at=at, title=title)


def hold(duty: Duty, *, until: datetime, by: Actor, at: datetime, reason: str = "") -> Duty:
    """Somebody has seen it and is on it: theirs, and it does not climb again before then. For the room that owns it."""
    give(duty, by.role, User.objects.get(pk=by.person_id))
    duty.escalate_at = until
    duty.save(update_fields=["escalate_at"])
    step(duty, Step.TAKEN, by=by, at=at, to_role=duty.owner_role, to_user=duty.owner, reason=reason)
    return duty


def retime(
    duty: Duty, *, due_at: datetime, by: Actor, at: datetime, late_at: datetime | None = None, why: str = ""
) -> Duty:
    """Its time has moved, for the room that owns it: later or sooner, and, where nothing else is said, as long until it
    is late as before."""
    duty = Duty.objects.select_for_update(of=("self",)).get(pk=duty.pk)
    late_at = late_at or duty.late_at + (due_at - duty.due_at)
    if not duty.is_open or (duty.due_at, duty.late_at) == (due_at, late_at):
        return duty
    duty.escalate_at = duty.escalate_at + (late_at - duty.late_at) if duty.escalate_at else None
    duty.due_at, duty.late_at, duty.why = due_at, late_at, why or duty.why
    duty.version += 1
    duty.save(update_fields=["due_at", "late_at", "escalate_at", "why", "version"])
    step(duty, Step.PASSED, by=by, at=at, to_role=duty.owner_role, to_user=duty.owner, reason="its time has moved")
    return duty


def say_why(duty: Duty, *, why: str, by: Actor, at: datetime) -> Duty:
    """What it is for is known otherwise now, to the room that owns it; its time stays."""
    duty = Duty.objects.select_for_update(of=("self",)).get(pk=duty.pk)
    if not duty.is_open or duty.why == why:
        return duty
    duty.why, duty.version = why, duty.version + 1
    duty.save(update_fields=["why", "version"])
    step(duty, Step.PASSED, by=by, at=at, to_role=duty.owner_role, to_user=duty.owner, reason="more is known of it")
    return duty


def escalate(duty: Duty, *, at: datetime) -> Duty:
    """Nobody answered in time: the next in the ladder owns it now. The top of the ladder is told again each time."""
    waited, role = max(duty.late_at - duty.due_at, timedelta(minutes=15)), who_hears(duty)
    if not can_do(role, duty.kind):
        find_somebody(duty, role, at=at)
        role = who_can(duty)
    give(duty, role, None)
    duty.escalations, duty.escalate_at = duty.escalations + 1, at + waited
    duty.save(update_fields=["escalations", "escalate_at"])
    step(duty, Step.ESCALATED, by=system(duty.clinic), at=at, to_role=duty.owner_role, reason="not done in time")
    return duty


def find_somebody(duty: Duty, role: str, *, at: datetime) -> None:
    """Whoever hears next cannot do it themselves: they see to it that somebody does. It ends with the duty."""
    if Duty.objects.filter(kind=UNHELD + duty.kind, patient=duty.patient, state=DutyState.OPEN).exists():
        return
    open_duty(
        kind=UNHELD + duty.kind,
        title=f"Find somebody: {duty.title[:1].lower()}{duty.title[1:]}"[:120],
        patient=duty.patient,
        owner_role=role,
        due_at=at,
        why="Nobody who can do it has done it in time",
        link=duty.link,
        consequence=Consequence(duty.consequence),
        by=system(duty.clinic),
        at=at,
    )


def who_can(duty: Duty) -> str:
    """Everybody of its own role, whose one person has not done it; where nobody of it is left, the next who can."""
    roles = (duty.owner_role, Role.RX, Role.RN, Role.TH)
    return next((role for role in roles if can_do(role, duty.kind) and is_staffed(duty, role)), duty.owner_role)


def climb(duty: Duty, *, to_role: str, to: User, until: datetime, reason: str, at: datetime) -> Duty:
    """By a ladder of the room that owns it: this person's now, and it does not escalate by itself before `until`."""
    give(duty, to_role, to)
    duty.escalations, duty.escalate_at = duty.escalations + 1, until
    duty.save(update_fields=["escalations", "escalate_at"])
    step(duty, Step.ESCALATED, by=system(duty.clinic), at=at, to_role=duty.owner_role, to_user=to, reason=reason)
    return duty


def move(duty: Duty, *, to_role: str, to: User | None, reason: str, by: Actor, at: datetime, title: str = "") -> Duty:
    """To another person or role with the work it belongs to, for the room that owns it. It keeps its times; `title`
    where it is another piece of work for them."""
    if duty.is_open:
        duty.title = title or duty.title
        give(duty, to_role, to)
        step(duty, Step.PASSED, by=by, at=at, to_role=to_role, to_user=to, reason=reason)
    return duty


def who_hears(duty: Duty) -> str:
    """The next role up in which somebody works here; with nobody above, whoever is there. Never an empty chair."""

    role = above(duty.owner_role)
    while role is not None and not is_staffed(duty, role):
        role = above(role)
    if role is not None:
        return role
    downwards = (duty.owner_role, Role.MD, Role.RX, Role.RN, Role.FD)
    return next((role for role in downwards if is_staffed(duty, role)), Role.MD)


def is_staffed(duty: Duty, role: str) -> bool:
    return people.colleagues(clinic_id=duty.clinic_id, role=Role(role)).exists()


def refuse_unable(role: str, duty: Duty, field: str, remedy: str) -> None:
    if not can_do(role, duty.kind):
        raise Refused(Refusal(field, "cannot do it: what ends it may be written by others alone.", remedy, "policy"))


def due_for_escalation(at: datetime) -> list[Duty]:
    """Late duties of the entered tenant, locked; one that another worker holds is left to it."""
    rows = Duty.objects.select_for_update(of=("self",), skip_locked=True).select_related("clinic")
    return list(rows.filter(state=DutyState.OPEN, escalate_at__lte=at).order_by("consequence", "escalate_at")[:200])


def claim(duty: Duty, by: Actor) -> Duty:
    """The open duty, locked, if this person may move it."""
    access.require(by, "duties", "U", patient=duty.patient)
    duty = Duty.objects.select_for_update(of=("self",)).select_related("patient").get(pk=duty.pk)
    if not concerns(by, duty):
        raise NotAllowed("duties", "U")
    if not duty.is_open:
        raise Refused(Refusal("Duty", "is already done.", "Look at the list again.", "policy"))
    return duty


def give(duty: Duty, role: str, owner: User | None) -> None:
    duty.owner_role, duty.owner, duty.version = Role(role), owner, duty.version + 1
    duty.save(update_fields=["title", "owner_role", "owner", "version"])


def step(duty: Duty, word: Step, *, by: Actor, at: datetime, **details: Any) -> DutyStep:
    """The fact, its audit line and the live notice, together."""
    row = DutyStep.objects.create(
        duty=duty,
        step=word,
        organisation_id=duty.organisation_id,
        clinic_id=duty.clinic_id,
        happened_at=at,
        recorded_at=at,
        recorded_by_id=by.user_id,
        **details,
    )
    audit.note(by=by, at=at, verb=f"duty.{word}", on=duty, patient=duty.patient_id, because=duty.kind)
    tenancy.announce(
        clinic_id=duty.clinic_id,
        organisation_id=duty.organisation_id,
        topic=f"duties:{duty.owner_role}",
        kind="duty",
        body={"duty": str(duty.pk), "step": str(word), "consequence": int(duty.consequence)},
    )
    return row


def refuse_names(patient: Patient | None, *texts: str) -> None:
    """Duties are read over shoulders and sent in notices: the patient's name has no place in their words.

    Our own words are no names, whatever people are called: somebody named Day has a next-day call like everybody."""
    written = {word for text in texts for word in as_written(text)}
    for names in names_of(patient):
        if written & ({name for name in names if name[:1].isupper()} | {name.upper() for name in names}):
            raise NamesAPatient("a duty's title, reason and link may not hold the patient's name")


def as_written(text: str) -> list[str]:
    """Its words, without those that have their capital from beginning a sentence."""
    words = text.split()
    begins = [place == 0 or words[place - 1][-1] in ".:;?!(" for place in range(len(words))]
    bare = [word.strip(AROUND) for word in words]
    return [word for word, begun in zip(bare, begins, strict=True) if not begun or (len(word) > 1 and word.isupper())]


def names_patient(patient: Patient | None, *texts: str) -> bool:
    """What people write: a name is a name in small letters too."""
    words = {word.strip(AROUND).lower() for text in texts for word in text.split()}
    return any(words & {name.lower() for name in names} for names in names_of(patient))


def names_of(patient: Patient | None) -> list[set[str]]:
    rows = Demographics.objects.current().filter(patient=patient) if patient else ()
    return [{row.family, row.given, row.preferred} - {""} for row in rows]
