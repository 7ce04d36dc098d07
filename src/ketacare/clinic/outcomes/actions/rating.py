"""A scale that staff enter: by its items or by its total, with who rated and what was kept from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.outcomes import queries
from ketacare.clinic.outcomes.actions.answering import common, keep_answers, score
from ketacare.clinic.outcomes.alike import said
from ketacare.clinic.outcomes.models import Answers, Came, Hidden, IndexEvent, Rating, Score, Source
from ketacare.clinic.outcomes.raters import is_patients, raters
from ketacare.clinic.people import access
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient, User
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety.models import Tier
from ketacare.clinic.safety.reasons import is_of_suicide
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.outcomes.rules import TOTAL, apart
from ketacare.medicine.outcomes.terms import Instrument, Rated, Wording
from ketacare.medicine.safety import reader as safety_reader
from ketacare.medicine.safety.rules import unsettled


@dataclass(frozen=True)
class Rater:
    """Who rated: a colleague, or somebody by name; from where, not knowing what, by which edition."""

    user: User | None = None
    name: str = ""
    profession: str = ""
    came: str = ""
    hidden: tuple[str, ...] = ()
    edition: str = ""
    carried: tuple[str, ...] = ()
    unseen: bool = False  # the form in hand does not show the item about suicide


@transaction.atomic
def rate(
    *,
    patient: Patient,
    scale: str,
    answers: dict[str, int | None],
    rater: Rater,
    happened_at: datetime,
    by: Actor,
    at: datetime,
    event: str = "",
) -> Score:
    """Keep what was rated, raise what it raises, score it by the sheet of today, and write down who rated."""
    access.require(by, "scores", "C", patient=patient)
    sheet = queries.shown(patient.organisation_id, scale)
    owes_event = scale in queries.ABOUT_AN_EVENT and queries.index_event(patient) is None
    if faults := [
        *not_to_enter(sheet, answers),
        *not_shown(sheet, answers, rater),
        *not_together(sheet, answers),
        *not_said(sheet, rater),
        *not_theirs(sheet, rater, patient, by),
        *too_early(happened_at, at),
        *before_birth(happened_at, patient),
        *(not_named(event) if owes_event else ()),
    ]:
        raise Refused(faults)
    if owes_event:
        fix_event(patient, event, by=by, at=at)
    row = keep_answers(
        patient=patient,
        instrument=scale,
        answers=answers,
        source=source_of(sheet, rater),
        happened_at=happened_at,
        by=by,
        at=at,
        marks=said(sheet, rater.edition, rater.hidden),
    )
    keep_rating(row, rater, by=by, at=at)
    if rater.unseen:
        owe_what_is_not_shown(row, by=by, at=at)
    scored = score(row, by=by, at=at)
    audit.note(by=by, at=at, verb="scale.rate", on=scored, patient=patient, because=scale)
    return scored


def not_named(event: str) -> Iterator[Refusal]:
    if not event.strip():
        yield Refusal("event", "The event it is about is not written.", "Agree on a few words for it with the patient.")


def fix_event(patient: Patient, words: str, *, by: Actor, at: datetime) -> IndexEvent:
    """Two forms about two events are no course."""
    row = IndexEvent.objects.create(**common(patient, by, at, at), words=in_short(words))
    audit.note(by=by, at=at, verb="scale.event", on=row, patient=patient)
    return row


def in_short(words: str) -> str:
    return " ".join(words.split())[:120]


def keep_rating(row: Answers, rater: Rater, *, by: Actor, at: datetime) -> Rating:
    return Rating.objects.create(
        **common(row.patient, by, at, row.happened_at),
        answers=row,
        rater=rater.user,
        rater_name="" if rater.user else rater.name,
        profession=rater.profession,
        came=rater.came,
        hidden=list(rater.hidden),
        edition=rater.edition,
        carried_items=list(rater.carried),
        by_total=TOTAL in row.values,
    )


def source_of(sheet: Instrument, rater: Rater) -> Source:
    if sheet.rated is Rated.RATER:
        return Source.RATER
    return Source.PATIENT if rater.came == Came.PAPER else Source.CLINICIAN


def not_to_enter(sheet: Instrument, answers: dict[str, int | None]) -> Iterator[Refusal]:
    """What this clinic may not keep of this scale."""
    wording, is_worded = sheet.licence.wording, bool(sheet.text)
    given = {item for item, code in answers.items() if code is not None}
    if wording is Wording.NEVER or sheet.disabled:
        why = sheet.disabled or f"{sheet.name} is recorded with its level, on the evaluation."
        yield Refusal("scale", why, "Enter it there." if not sheet.disabled else "", "policy")
    elif not given:
        yield Refusal(TOTAL, "Nothing is entered.", "Enter the answers by number, or the total.")
    elif wording is Wording.TOTAL and TOTAL not in given and not is_worded:
        rule = f"Of {sheet.name} the total alone is kept, unless the owner's text is loaded under a licence."
        yield Refusal(TOTAL, rule, "Enter the total of the form.", "policy")


def not_shown(sheet: Instrument, answers: dict[str, int | None], rater: Rater) -> Iterator[Refusal]:
    """A total hides the one answer that a person must see by itself (H13)."""
    lacking = [item for item in about_suicide(sheet) if answers.get(item) is None]
    if answers.get(TOTAL) is not None and lacking and not rater.unseen:
        rule = f"Item {lacking[0]} asks about suicide, and a total alone hides it."
        yield Refusal(f"item-{lacking[0]}", rule, "Write its answer, or say that the form does not show it.")


def not_together(sheet: Instrument, answers: dict[str, int | None]) -> Iterator[Refusal]:
    """A total that the item beside it does not allow: one of them is misread, and it may be the item (H13)."""
    total = answers.get(TOTAL)
    beside = {item: code for item, code in answers.items() if item in {one.id for one in sheet.risk_items}}
    if total is not None and (rule := apart(sheet, Decimal(total), beside)) is not None:
        yield Refusal(TOTAL, rule, "Read both again on the form.")


def owe_what_is_not_shown(row: Answers, *, by: Actor, at: datetime) -> None:
    """The item about suicide was not seen, and the total does not settle it: a person asks, by the time of the gravest
    that it may be (H13)."""
    rows = [one for one in safety_reader.triage_sheet().rows if is_of_suicide(one.id)]
    tier = unsettled(row.instrument, row.values, rows)
    if tier is not None:
        since = row.happened_at.replace(second=0, microsecond=0)
        held = queries.held_since(row.patient_id, since, whole=True)
        due_at = safety.limits(row.clinic, Tier(int(tier[1])), at)[1]
        safety.owe_of_suicide(row.patient, due_at=due_at, held=held, by=by, at=at)


def about_suicide(sheet: Instrument) -> list[str]:
    """The items that may stand beside a total and ask about suicide."""
    rows = safety_reader.triage_sheet().rows
    asked = {row.item for row in rows if row.instrument == sheet.id and is_of_suicide(row.id)}
    return [item.id for item in sheet.risk_items if item.id in asked]


def not_said(sheet: Instrument, rater: Rater) -> Iterator[Refusal]:
    """What must stand beside a score so that it can be compared."""
    if rater.user is None and not rater.name:
        yield Refusal("rater", "It is not said who rated.", "Choose a colleague, or write a name.")
    if rater.came not in Came.values:
        yield Refusal("came", "It is not said how.", "Choose how it was asked, or from where it comes.")
    hidden = set(rater.hidden)
    if sheet.rated is Rated.RATER and not hidden:
        yield Refusal("hidden", "It is not said what the rater knew.", "Choose what was kept back, or nothing.")
    if hidden - set(Hidden.values) or (Hidden.NOTHING in hidden and len(hidden) > 1):
        yield Refusal("hidden", "Nothing and something cannot both be.", "Choose one of them.")
    if sheet.licence.wording in (Wording.OWNER, Wording.TOTAL) and not rater.edition:
        yield Refusal("edition", "It is not said which edition was used.", "Write what stands on the form.")
    for item in rater.carried:
        if sheet.item(item) is None:
            yield Refusal("carried", f"{sheet.name} has no item {item}.", "Write the numbers of items, as 4, 5.")


def not_theirs(sheet: Instrument, rater: Rater, patient: Patient, by: Actor) -> Iterator[Refusal]:
    """Nobody is the rater of themselves, and no account of a machine or of a role without scores rates."""
    if rater.user is not None and not raters(patient, sheet, by.clinic_id).filter(pk=rater.user.pk).exists():
        yield Refusal(
            "rater", f"{rater.user.name} does not rate {sheet.name} here.", "Choose who rated, or write a name."
        )
    if rater.user is None and rater.name and is_patients(rater.name, patient):
        rule = "This is the patient's own name."
        yield Refusal("rater_name", rule, "Write who rated; of a namesake, with a title or a middle name.")


def before_birth(happened_at: datetime, patient: Patient) -> Iterator[Refusal]:
    """A slip in the year."""
    born_on = people.demographics(patient).born_on
    if local_day(happened_at, patient.clinic.zone) < born_on:
        rule = f"This is before the patient was born, {born_on:%d-%b-%Y}."
        yield Refusal("happened_at", rule, "Correct the date.", "impossible")


def too_early(happened_at: datetime, at: datetime) -> Iterator[Refusal]:
    if happened_at > at:
        yield Refusal("happened_at", "This is still to come.", "Correct the time.")
