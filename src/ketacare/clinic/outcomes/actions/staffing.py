"""What a person asks, rates or sees to at the time of an ask: one duty, closed by the scores or by what they write."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Model

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Consequence, Duty, DutyState
from ketacare.clinic.outcomes import queries
from ketacare.clinic.outcomes.models import Ask, AskState, PeriodicReview, Score
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety import queries as watch
from ketacare.clinic.safety.models import Concern
from ketacare.clinic.safety.reasons import is_of_suicide
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.outcomes import terms as words

BY_STAFF = "scales.due"
TITLE_MOST = 120  # no name is cut, and none is left out without a word


def open_staff_duty(
    visit: Visit, moment: words.Ask, instruments: Sequence[str], checks: Sequence[str], *, by: Actor, at: datetime
) -> Duty | None:
    """Due in the middle of the window, or when the clinic opens next."""
    if not instruments and not checks:
        return None
    return duties.open_duty(
        kind=BY_STAFF,
        title=title_of(moment, instruments, checks),
        patient=visit.patient,
        visit_id=visit.pk,
        owner_role=Role.RN,
        due_at=watch.staffed(visit.clinic, moment.due_at),
        late_at=watch.staffed(visit.clinic, max(moment.closes_at, moment.due_at)),
        why=why_of(moment, instruments, checks),
        link=f"/visits/{visit.pk}/check-ins/",
        consequence=Consequence.SAFETY if checks else Consequence.CARE,
        by=by,
        at=at,
    )


def title_of(moment: words.Ask, instruments: Sequence[str], checks: Sequence[str]) -> str:
    if checks:
        return f"{moment.title}: see to it"
    told = [queries.instrument(name).name for name in instruments]
    for count in range(len(told), 0, -1):
        rest = f" and {len(told) - count} more" if count < len(told) else ""
        if len(title := f"Rate: {', '.join(told[:count])}{rest}") <= TITLE_MOST:
            return title
    return f"Rate {len(told)} scales: {moment.title}"[:TITLE_MOST]


def why_of(moment: words.Ask, instruments: Sequence[str], checks: Sequence[str]) -> str:
    parts = [names(instruments), *checks] if instruments else list(checks)
    return "; ".join(parts)[:300] if checks else f"{moment.title}: rated by a person, not asked of the patient"


def names(instruments: Sequence[str]) -> str:
    return ", ".join(queries.instrument(name).name for name in instruments)


def rated(score: Score, *, by: Actor, at: datetime) -> None:
    """A scale came in: whoever waited for it and for nothing else has done it. The interview that a sign asks for is
    held only when it is whole (I14)."""
    if score.total is not None:
        held_at = score.happened_at
        safety.interview_held(score.patient, [score.instrument], evidence=score, happened_at=held_at, by=by, at=at)
    waiting = Ask.objects.filter(
        patient=score.patient_id,
        staff_duty__state=DutyState.OPEN,
        staff_instruments__contains=[score.instrument],
        opens_at__lte=score.happened_at,
    ).select_related("staff_duty")
    for ask in waiting:
        if not ask.checks and not queries.unrated(ask):
            assert ask.staff_duty is not None  # the filter
            duties.close_duty(ask.staff_duty, evidence=score, by=by, at=at)


def asked(
    patient: Patient, instruments: Collection[str], *, evidence: Model, happened_at: datetime, by: Actor, at: datetime
) -> None:
    """What a room above keeps was asked (`instruments`, as the cadence calls it): whoever waited for it and for nothing
    else has done it."""
    safety.interview_held(patient, instruments, evidence=evidence, happened_at=happened_at, by=by, at=at)
    waiting = Ask.objects.filter(patient=patient, staff_duty__state=DutyState.OPEN, opens_at__lte=happened_at)
    for ask in waiting.select_related("staff_duty"):
        if not ask.checks and set(instruments) & set(ask.staff_instruments) and not queries.unrated(ask):
            assert ask.staff_duty is not None  # the filter
            duties.close_duty(ask.staff_duty, evidence=evidence, by=by, at=at)


def ask_next_time(patient: Patient, *, by: Actor, at: datetime, of: Collection[Ask] = ()) -> None:
    """A sign of suicide was given: a person asks at the next ask too, where its sheet says so. `of`: asks made after
    it was given; the first that can still be answered has it, also if it is open by now."""
    waiting = Ask.objects.select_for_update(of=("self",)).select_related("visit__clinic", "staff_duty")
    waiting = waiting.filter(patient=patient, state=AskState.WAITING)
    waiting = waiting.filter(pk__in=[one.pk for one in of], closes_at__gt=at) if of else waiting.filter(opens_at__gt=at)
    ask = waiting.order_by("opens_at").first()
    if ask is not None:
        ask_too(ask, queries.rule_for(ask).if_flagged, by=by, at=at)


def rate_again(asks: Iterable[Ask], dose_at: datetime, *, by: Actor, at: datetime) -> None:
    """A scale of the session was flagged: a person rates it once more, where the sheet of the ask says so."""
    for ask in asks:
        again = queries.rule_for(ask).if_rated
        if not again or ask.state != AskState.WAITING or ask.closes_at <= at:
            continue
        raised = Concern.objects.filter(patient=ask.patient_id, raised_at__gte=dose_at, raised_at__lt=ask.opens_at)
        scales = {code.partition(".")[0] for code in raised.values_list("reason_code", flat=True)}
        ask_too(ask, [name for name in again if name in scales], by=by, at=at)


def ask_too(ask: Ask, names: Iterable[str], *, by: Actor, at: datetime) -> None:
    """By a person, beside what they ask then anyway."""
    new = [name for name in names if name not in ask.staff_instruments]
    if not new:
        return
    ask.staff_instruments, ask.version = [*ask.staff_instruments, *new], ask.version + 1
    moment = words.Ask(ask.key, ask.title, tuple(ask.instruments), ask.opens_at, ask.due_at, ask.closes_at)
    if ask.staff_duty is not None and ask.staff_duty.is_open:
        duties.close_duty(ask.staff_duty, evidence=ask, by=by, at=at, reason="more is asked then")
    ask.staff_duty = open_staff_duty(ask.visit, moment, ask.staff_instruments, ask.checks, by=by, at=at)
    ask.save(update_fields=["staff_instruments", "staff_duty", "version"])
    audit.note(by=by, at=at, verb="ask.if_flagged", on=ask, patient=ask.patient_id, because=ask.key)


def flagged_before(patient: Patient, at: datetime) -> bool:
    """Was a sign of suicide given since the last ask opened that is behind us?"""
    last = Ask.objects.filter(patient=patient, opens_at__lte=at).exclude(state=AskState.STOPPED)
    since = last.order_by("-opens_at").values_list("opens_at", flat=True).first()
    raised = Concern.objects.filter(patient=patient, raised_at__gte=since) if since else Concern.objects.none()
    return any(is_of_suicide(code) for code in raised.values_list("reason_code", flat=True))


@transaction.atomic
def review(*, ask: Ask, found: Mapping[str, str], by: Actor, at: datetime) -> PeriodicReview:
    """Each check with what was found, or why it was not made. A scale that was not rated says why. Of those who may
    enter scores the ones who answer for a patient's safety: nobody else says that a rating was not needed."""
    access.require(by, "scores", "C", patient=ask.patient)
    access.require(by, "concerns", "U", patient=ask.patient)
    wanted = queries.to_see_to(ask)
    if not wanted:
        raise Refused(Refusal("Check-in", "Everything has been seen to.", "Look at the list again.", "policy"))
    said = {name: words.strip()[:300] for name, words in found.items() if words.strip()}
    if missing := [name for name in wanted if name not in said]:
        label = queries.named(missing[0])
        raise Refused(
            Refusal(missing[0], f"{label}: nothing is said.", "Write what was found, or why it was not made.")
        )
    row = PeriodicReview.objects.create(
        **about(ask.patient, by, at), ask=ask, found={name: said[name] for name in wanted}
    )
    if ask.staff_duty is not None:
        duties.close_duty(ask.staff_duty, evidence=row, by=by, at=at)
    audit.note(by=by, at=at, verb="ask.review", on=row, patient=ask.patient_id, because=ask.key)
    return row
