"""Writing down what was tried: antidepressants, other treatments, that there was none, and a prescriber's ruling."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.candidacy.actions.amending import amending
from ketacare.clinic.candidacy.actions.found_since import own_what_was_found
from ketacare.clinic.candidacy.models import (
    NothingTried,
    Stands,
    StoppedBecause,
    TreatmentCourse,
    TrialEntry,
    TrialRuling,
)
from ketacare.clinic.candidacy.queries.trials import listed
from ketacare.clinic.links.access import holds_link
from ketacare.clinic.links.models import Form
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused


@transaction.atomic
def record_trial(
    *,
    patient: Patient,
    by: Actor,
    at: datetime,
    amends: TrialEntry | None = None,
    amend_reason: str = "",
    through: Form | None = None,
    **told: Any,
) -> TrialEntry:
    """A medicine as it was taken, told by a clinician or by the holder of an intake's link of themselves. Dates that
    contradict each other, or lie ahead, are refused."""
    if not holds_link(by, patient, through, object_name="evaluation", act="C"):
        access.require(by, "evaluation", "C", patient=patient)
    refuse_dates(told, local_day(at, by.zone))
    if "stopped_because" in told:
        told["stopped_for_side_effects"] = told["stopped_because"] == StoppedBecause.SIDE_EFFECTS
    elif told.get("stopped_for_side_effects"):
        told["stopped_because"] = StoppedBecause.SIDE_EFFECTS
    began = amends.happened_at if amends else None
    row = TrialEntry.objects.create(**about(patient, by, at, began), **told, **amending(amends, amend_reason))
    audit.note(by=by, at=at, verb="trial.record", on=row, patient=patient)
    own_what_was_found(patient, by=by, at=at)
    return row


def refuse_dates(told: dict[str, Any], today: date) -> None:
    began, ended = told.get("began_on"), told.get("ended_on")
    faults = [
        Refusal(name, f"{label} {day:%d-%b-%Y}: still to come.", "Correct the date.")
        for name, label, day in (("began", "Began", began), ("ended", "Ended", ended))
        if day is not None and day > today
    ]
    if began is not None and ended is not None and ended < began:
        faults.append(Refusal("ended", "Ended before it began.", "Correct one of the two dates."))
    if ended is not None and told.get("stopped_because") == StoppedBecause.ONGOING:
        faults.append(Refusal("ended", "It has ended and is still taken.", "Keep one of the two."))
    if faults:
        raise Refused(faults)


@transaction.atomic
def rule_trial(
    *, patient: Patient, trial: TrialEntry, stands: Stands, reason: str, by: Actor, at: datetime
) -> TrialRuling:
    """A prescriber's word over how far this trial counts; asked again, it replaces the word before, which stays."""
    access.require(by, "evaluation", "S", patient=patient)
    if not reason.strip():
        raise Refused(Refusal("reason", "The reason is empty.", "Say why in words a colleague would understand."))
    if TrialEntry.objects.filter(amends=trial).exists():
        raise Refused(Refusal("stands", "The trial was amended since.", "Rule on it as it stands now.", "policy"))
    if stands == Stands.COUNTS and (medicine := listed(trial.medicine)) and medicine.id.startswith("AUG"):
        words = f"{medicine.name} is a step of augmentation and never an antidepressant trial."
        raise Refused(Refusal("stands", words, "It is counted as augmentation.", "policy"))
    earlier = TrialRuling.objects.current().filter(patient=patient, trial=trial).first()
    if earlier is None and stands == Stands.COMPUTED:
        raise Refused(Refusal("stands", "There is no ruling to take back.", "It already stands as computed."))
    row = TrialRuling.objects.create(
        **about(patient, by, at),
        trial=trial,
        stands=stands,
        reason=reason.strip(),
        **amending(earlier, reason),
    )
    audit.note(by=by, at=at, verb="trial.rule", on=row, patient=patient, because=str(stands))
    own_what_was_found(patient, by=by, at=at)
    return row


@transaction.atomic
def record_course(
    *,
    patient: Patient,
    by: Actor,
    at: datetime,
    amends: TreatmentCourse | None = None,
    amend_reason: str = "",
    through: Form | None = None,
    **told: Any,
) -> TreatmentCourse:
    """A course of ECT, stimulation, psychotherapy or ketamine as it was given, told by a clinician or by the holder of
    an intake's link of themselves."""
    if not holds_link(by, patient, through, object_name="evaluation", act="C"):
        access.require(by, "evaluation", "C", patient=patient)
    began = amends.happened_at if amends else None
    row = TreatmentCourse.objects.create(**about(patient, by, at, began), **told, **amending(amends, amend_reason))
    audit.note(by=by, at=at, verb="course.record", on=row, patient=patient)
    own_what_was_found(patient, by=by, at=at)
    return row


@transaction.atomic
def record_nothing_tried(
    *, patient: Patient, what: str, by: Actor, at: datetime, through: Form | None = None
) -> NothingTried:
    """Asked, and there was none. Refused while something of the kind stands: the two contradict each other."""
    if not holds_link(by, patient, through, object_name="evaluation", act="C"):
        access.require(by, "evaluation", "C", patient=patient)
    of_kind: Any = TrialEntry if what == NothingTried.What.TRIALS else TreatmentCourse
    if of_kind.objects.current().filter(patient=patient).exists():
        raise Refused(
            Refusal("none", "There are entries, but the answer is that there were none.", "Amend them first.")
        )
    row = NothingTried.objects.create(**about(patient, by, at), what=what)
    audit.note(by=by, at=at, verb="nothing.record", on=row, patient=patient, because=what)
    own_what_was_found(patient, by=by, at=at)
    return row
