"""Deciding: what it goes against is named one by one, and nothing follows before every signature it needs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.actions.following import after_decision, ask_second, withdraw_second
from ketacare.clinic.candidacy.actions.text import begin_evaluation
from ketacare.clinic.candidacy.models import (
    Choice,
    Countersignature,
    Evaluation,
    EvaluationState,
    Judgement,
)
from ketacare.clinic.candidacy.models.decision import told_against
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.candidacy.reader import kept_answer
from ketacare.medicine.evidence.terms import Reason, Result

NEEDS_REASON = frozenset({Choice.CLEARANCE, Choice.NOT_NOW, Choice.NO})
NOBODY = "none"


@transaction.atomic
def decide(
    *,
    patient: Patient,
    choice: Choice,
    reason: str,
    by: Actor,
    at: datetime,
    against: Mapping[str, str] | None = None,
    lacking_reason: str = "",
    re_evaluate_on: date | None = None,
) -> Judgement:
    """The prescriber's decision beside the sheets' answer of this moment. Accepting against a criterion gives a reason
    for each; one that needs a second person waits for them; one that nobody may override stays."""
    access.require(by, "evaluation", "S", patient=patient)
    evaluation = begin_evaluation(patient=patient, by=by, at=at) if may_begin(by) else open_or_refuse(patient)
    so_far = queries.answer_so_far(patient, at=at, zone=by.zone)
    rows = queries.objections(so_far.decision) if choice is Choice.ACCEPT else []
    why = {row.criterion: (against or {}).get(row.criterion, "").strip() for row in rows}
    lacking = queries.not_thought_through(patient, so_far.case.route) if choice is Choice.ACCEPT else ()
    is_cautious = choice is Choice.ACCEPT and bool(queries.cautions(so_far.decision))
    all_the_same = said_of_lacking(lacking, lacking_reason, "" if is_cautious else reason)
    refuse_decision(choice, reason, rows, why, is_cautious, () if all_the_same else lacking)
    today = local_day(at, by.zone)
    refuse_look_again(re_evaluate_on, choice, today)
    lasting = queries.contraindications(patient)
    gone = [gone_against(item, why[item.criterion], today, item.criterion in lasting) for item in rows]
    row = Judgement.objects.create(
        **about(patient, by, at),
        evaluation=evaluation,
        choice=choice,
        reason=reason.strip() or told_against(gone),
        outcome=str(so_far.decision.outcome),
        answer=kept_answer(so_far.decision),
        overrides=[item.criterion for item in rows],
        against=gone,
        lacking=list(lacking),
        lacking_reason=all_the_same,
        decided_as=by.role,
        re_evaluate_on=re_evaluate_on,
    )
    audit.note(by=by, at=at, verb=f"candidacy.{choice}", on=row, patient=patient, because=str(so_far.decision.outcome))
    withdraw_second(row, by=by, at=at)
    if row.waits:
        ask_second(row, by=by, at=at)
    else:
        take_effect(row, by=by, at=at)
    return row


@transaction.atomic
def sign_second(*, judgement: Judgement, agrees: bool, words: str, by: Actor, at: datetime) -> Countersignature:
    """The second person's word. Never the same person; agreed, the decision takes effect now. To what was decided
    before something more was found nobody agrees: the first decides anew."""
    patient = judgement.patient
    access.require(by, "evaluation", "S", patient=patient)
    refuse_second(judgement, agrees, words, by)
    if agrees:
        refuse_changed(judgement, by=by, at=at)
    row = Countersignature.objects.create(
        **about(patient, by, at), judgement=judgement, agrees=agrees, words=words.strip()[:500]
    )
    audit.note(by=by, at=at, verb="candidacy.agree" if agrees else "candidacy.disagree", on=row, patient=patient)
    withdraw_second(judgement, by=by, at=at, evidence=row)
    if agrees:
        take_effect(judgement, by=by, at=at)
    else:
        ask_second(judgement, by=by, at=at, again=True)
    return row


def take_effect(row: Judgement, *, by: Actor, at: datetime) -> None:
    if row.choice in (Choice.ACCEPT, Choice.NO):
        Evaluation.objects.filter(pk=row.evaluation_id).update(state=EvaluationState.DECIDED)
    after_decision(row, by=by, at=at)


def may_begin(by: Actor) -> bool:
    return access.may(by, "evaluation", "C")


def open_or_refuse(patient: Patient) -> Evaluation:
    found = queries.open_evaluation(patient)
    if found is None:
        raise Refused(Refusal("choice", "No evaluation is open.", "A prescriber begins one first.", "policy"))
    return found


def gone_against(row: Reason, why: str, today: date, at_each_dose: bool) -> dict[str, str]:
    """`until`: the last day it is accepted for, where the row counts for some days only and is looked at before each
    dose."""
    until = (today + timedelta(days=row.valid_days)).isoformat() if row.valid_days and at_each_dose else ""
    told = {"criterion": row.criterion, "title": row.title, "override": row.override, "reason": why}
    return told | ({"until": until} if until else {})


def refuse_decision(
    choice: Choice,
    reason: str,
    rows: list[Reason],
    why: Mapping[str, str],
    is_cautious: bool,
    unanswered: tuple[str, ...],
) -> None:
    """Everything that keeps this decision from being signed, at once; `unanswered`: lacking, without a word."""
    faults = [fault for row in rows if (fault := refusal_of(row, why[row.criterion])) is not None]
    if (choice in NEEDS_REASON or is_cautious) and not reason.strip():
        remedy = "Say how the cautions are met." if is_cautious else "Say why in words a colleague would understand."
        faults.append(Refusal("reason", "The reason is empty.", remedy))
    if unanswered:
        remedy = "Record it in its part of the evaluation, or say why this person is accepted all the same."
        faults.append(Refusal("lacking_reason", f"You accept, and {', and '.join(unanswered)}.", remedy, "policy"))
    if faults:
        raise Refused(faults)


def said_of_lacking(lacking: tuple[str, ...], own: str, reason: str) -> str:
    """Why somebody is accepted though something owed is not on record. Where no caution asks for the reason, it is that
    one; how a caution is met says nothing of it."""
    return (own.strip() or reason.strip())[:500] if lacking else ""


def refusal_of(row: Reason, why: str) -> Refusal | None:
    """Why this criterion keeps the person from being accepted, or nothing where a reason lifts it."""
    if row.override == NOBODY:
        remedy = "Find out what is missing." if row.result is Result.UNKNOWN else "Decide otherwise."
        words = f"{row.title} ({row.criterion}) holds this back and nobody may override it."
        return Refusal("choice", words, remedy, "policy")
    if queries.to_find_out(row):
        words = f"{row.title} ({row.criterion}) is not known, and nobody clears what is not known."
        return Refusal("choice", words, "Find it out: ask, or order the test.", "policy")
    if row.override not in queries.BY_A_REASON:
        words = f"{row.title} ({row.criterion}) is lifted only by {queries.LIFTED_BY.get(row.override, row.override)}."
        return Refusal("choice", words, "Choose “Needs clearance first” and ask for it.", "policy")
    if not why:
        words = f"You accept against {row.title} ({row.criterion}), and the reason is empty."
        return Refusal(f"against-{row.criterion}", words, "Say why, in words a colleague would understand.")
    return None


def refuse_look_again(on: date | None, choice: Choice, today: date) -> None:
    if on is not None and choice is not Choice.NOT_NOW:
        raise Refused(Refusal("re_evaluate_on", "A day to look again belongs to “Not now”.", "Leave it empty."))
    if on is not None and on <= today:
        words = f"Look again on {on:%d-%b-%Y}: that is not in the future."
        raise Refused(Refusal("re_evaluate_on", words, "Choose a later day."))


def refuse_second(judgement: Judgement, agrees: bool, words: str, by: Actor) -> None:
    if not judgement.waits:
        raise Refused(
            Refusal("agrees", "This decision does not wait for a second signature.", "Open it again.", "policy")
        )
    if by.person_id == judgement.recorded_by_id:
        raise Refused(Refusal("agrees", "The second signature is another person's.", "Ask a colleague.", "policy"))
    if by.role != second_role(judgement):
        who = Role(second_role(judgement)).label.lower()
        raise Refused(Refusal("agrees", f"This waits for the {who}.", "Sign in in that role.", "policy"))
    if not agrees and not words.strip():
        raise Refused(Refusal("words", "You do not agree, and no words say why.", "Say why in a sentence."))


def refuse_changed(judgement: Judgement, *, by: Actor, at: datetime) -> None:
    found = queries.found_since_decided(judgement, at=at, zone=by.zone)
    if found:
        remedy = "Do not agree; whoever decided reads it and decides anew."
        raise Refused(
            [
                Refusal("agrees", f"Since it was decided: {row.title} ({row.criterion}). {row.words}", remedy, "policy")
                for row in found
            ]
        )


def second_role(judgement: Judgement) -> str:
    """The director's signature beside the prescriber's, whichever was first."""
    return Role.RX if judgement.decided_as == Role.MD else Role.MD
