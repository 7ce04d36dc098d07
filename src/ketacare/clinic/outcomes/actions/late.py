"""An answer to a form that takes none any more: it is no answer of the form, so that somebody calls; danger in it is
danger all the same (H13)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Model

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Consequence, Duty
from ketacare.clinic.links.access import holds_link
from ketacare.clinic.links.models import Form
from ketacare.clinic.outcomes import queries
from ketacare.clinic.outcomes.actions.answering import common, locked, triage
from ketacare.clinic.outcomes.models import Answers, Ask
from ketacare.clinic.people.access import Actor, NotAllowed
from ketacare.clinic.people.models import Role
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety import queries as watch
from ketacare.clinic.safety.models import Concern, ConcernState


@transaction.atomic
def answer_not_taken(
    *, ask: Ask, instrument: str, answers: dict[str, int | None], why: str, by: Actor, at: datetime
) -> tuple[Duty | None, list[Concern]]:
    """The call that is owed about it, and what it raises; nothing where the same was said in time already, and no
    clinician has decided about it since."""
    if not holds_link(by, ask.patient, ask, object_name="scores", act="C"):
        raise NotAllowed("scores", "C")
    ask = locked(ask)
    kept = queries.values(ask, instrument)
    said = Answers(**common(ask.patient, by, at, at), ask=ask, instrument=instrument, values=answers)
    raised = triage(said, ask, by=by, at=at)
    if kept | answers == kept and not is_decided(raised):
        return None, []
    duty = to_call(ask, by=by, at=at)
    # What was decided was about what had been said by then: this is said anew.
    raised += heed_anew(said, duty, by=by, at=at) if is_decided(raised) else []
    audit.note(by=by, at=at, verb="ask.too_late", on=ask, patient=ask.patient_id, because=why)
    return duty, raised


@transaction.atomic
def heed_unknown(
    *, ask: Ask, instrument: str, answers: dict[str, int | None], by: Actor, at: datetime
) -> list[Concern]:
    """Danger said on a browser that is not known is danger all the same: the answer waits for the birth year, the call
    does not (H13)."""
    if not holds_link(by, ask.patient, ask, object_name="scores", act="C"):
        raise NotAllowed("scores", "C")
    ask = locked(ask)
    said = Answers(**common(ask.patient, by, at, at), ask=ask, instrument=instrument, values=answers)
    return heed_anew(said, ask, by=by, at=at)


@transaction.atomic
def heed_form(*, form: Form, instrument: str, answers: dict[str, int | None], by: Actor, at: datetime) -> list[Concern]:
    """The same of a form of a room above, which that room has locked. What was decided was about what was kept."""
    if not holds_link(by, form.patient, form, object_name="scores", act="C"):
        raise NotAllowed("scores", "C")
    kept = queries.kept_through(form, instrument)
    said = Answers(**common(form.patient, by, at, at), form_id=form.pk, instrument=instrument, values=answers)
    raised = heed_anew(said, form, by=by, at=at)
    is_kept = kept is not None and kept.values | answers == kept.values
    return [] if is_kept and not is_decided(raised) else raised


def heed_anew(said: Answers, form: Model, *, by: Actor, at: datetime) -> list[Concern]:
    """The same said again after a clinician decided is another concern; sent again, it is that one."""
    raised = triage(said, form, by=by, at=at)
    if not is_decided(raised):
        return raised
    said.pk = safety.said_anew(form.pk, f"{said.instrument} {sorted(said.values.items())}")
    return raised + triage(said, None, by=by, at=at)


def is_decided(raised: Iterable[Concern]) -> bool:
    return any(one.state == ConcernState.CLOSED for one in raised)


@transaction.atomic
def note_late(*, ask: Ask, by: Actor, at: datetime) -> None:
    """An answer is entered after the end, because it was given before: the audit says so."""
    if not holds_link(by, ask.patient, ask, object_name="scores", act="C"):
        raise NotAllowed("scores", "C")
    audit.note(by=by, at=at, verb="ask.late", on=ask, patient=ask.patient_id, because="given before the link ended")


def to_call(ask: Ask, *, by: Actor, at: datetime) -> Duty:
    """Once for a form, however much comes: the call that is owed already, made sooner, or one of its own."""
    soon = watch.staffed(ask.clinic, at)
    if ask.duty.is_open:
        return duties.retime(ask.duty, due_at=soon, by=by, at=at) if soon < ask.duty.due_at else ask.duty
    return queries.late_call(ask) or duties.open_duty(
        kind=queries.LATE_CALL,
        title=f"Call: an answer came too late ({ask.title.lower()})"[:120],
        patient=ask.patient,
        visit_id=ask.visit_id,
        owner_role=Role.RN,
        due_at=soon,
        why="It could not be entered any more, and it may say that somebody is not well",
        link=queries.late_link(ask),
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )
