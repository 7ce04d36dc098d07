"""The letter to whoever referred: the decision, why, what comes next, and no more of the person than that needs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from ketacare.clinic.candidacy.models import Choice, Judgement, ReferrerLetter
from ketacare.clinic.candidacy.queries.plain_words import DECLINES, Deciding, deciding, family_of
from ketacare.clinic.candidacy.queries.vocabulary import sheet
from ketacare.clinic.enrolment import queries as enrolled
from ketacare.clinic.enrolment.models import Referral
from ketacare.clinic.enrolment.models import Source as Asked
from ketacare.clinic.people import queries as people
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.help import crisis_line
from ketacare.medicine.evidence.rules import inside

BY_THEMSELVES = frozenset({Asked.SELF, Asked.FAMILY})
DECIDED = {
    Choice.ACCEPT: "We can offer this treatment.",
    Choice.CLEARANCE: "We need a clearance before we can decide.",
    Choice.NOT_NOW: "We cannot offer this treatment now; this may change.",
    Choice.NO: "We cannot offer this treatment.",
}
KEPT_BACK = "A matter that we have talked over with the patient, who may wish to tell you"
STILL_ASKED = "Some questions to the patient are still open"
UNTITLED = "A finding that we explain on request"
MOST_REASONS = 6


def letter_body(row: Judgement, earlier: ReferrerLetter | None, *, at: datetime, zone: str) -> dict[str, Any] | None:
    """All that the letter says, as plain text; None where nobody outside referred this person."""
    asked = [referral for referral in enrolled.referrals_about(row.patient) if referral.source not in BY_THEMSELVES]
    if not asked:
        return None
    who, clinic = people.identity(row.patient), row.patient.clinic
    return {
        "to": [line for line in (addressed_to(asked[0]),) if line],
        "on": day(local_day(at, zone)),
        "referred_on": day(local_day(asked[0].happened_at, zone)),
        "clinic": {"name": clinic.name, "address": clinic.address, "telephone": clinic.telephone},
        "patient": {"name": f"{who.given} {who.family}", "born": day(who.born_on)},
        "decision": DECIDED[Choice(row.choice)],
        "reasons": reasons(row),
        "next": next_steps(row),
        "crisis": crisis(row),
        "replaces": day(local_day(earlier.happened_at, zone)) if earlier else "",
        "by": row.recorded_by.name if row.recorded_by else "",
    }


def addressed_to(referral: Referral) -> str:
    return referral.referrer_name or (referral.referrer.name if referral.referrer else "")


def reasons(row: Judgement) -> list[str]:
    """The titles of what decided. What is nobody's business unless the patient says so is not named."""
    if row.choice == Choice.ACCEPT:
        return []
    titles = sheet(row.patient).titles
    return list(dict.fromkeys(reason(one, titles) for one in deciding(row)))[:MOST_REASONS]


def reason(one: Deciding, titles: Mapping[str, str]) -> str:
    """By its title in the sheets it was judged by, never by a bare code; what nobody knows yet is not told as a
    finding."""
    if not family_of(one.criterion, one.effect).in_letter:
        return KEPT_BACK if one.is_known else STILL_ASKED
    title = titles.get(one.criterion, UNTITLED)
    return title if one.is_known else f"Not yet known: {inside(title)}"


def next_steps(row: Judgement) -> list[str]:
    match Choice(row.choice):
        case Choice.ACCEPT:
            return ["We plan the first visits with the patient and write to you after the course."]
        case Choice.CLEARANCE:
            return ["We ask for the clearance and write to you again once we have it.", KEEP_TREATING]
        case Choice.NOT_NOW:
            on = f" on {day(row.re_evaluate_on)}" if row.re_evaluate_on else ""
            return [f"We look at this again with the patient{on}.", meanwhile(row)]
        case Choice.NO:
            return [HANDED_BACK, meanwhile(row)]


def meanwhile(row: Judgement) -> str:
    """Whoever is at risk is handed over by voice, and nobody is told that all may stay as it is (4.2 of screening)."""
    at_risk = any(one.is_known and family_of(one.criterion, one.effect).name.startswith(RISK) for one in deciding(row))
    return HAND_OVER if at_risk else KEEP_TREATING + instead(row)


# Rows whose alternative is a treatment and reads so outside the clinic; of the others it is a note for whoever decides.
TREATED_OTHERWISE = frozenset({"CI-30", "CI-32"})


def instead(row: Judgement) -> str:
    """What the sheets name for what was found, where that is a treatment."""
    named = {one.id: one.alternative for one in sheet(row.patient).criteria.criteria if one.id in TREATED_OTHERWISE}
    found = [
        named[one.criterion]
        for one in deciding(row)
        if one.is_known and one.criterion in named and family_of(one.criterion, one.effect).in_letter
    ]
    return f" For what was found our sheets name: {'; '.join(dict.fromkeys(found))}." if found else ""


RISK = "risk"
HAND_OVER = "There is a risk of suicide: we hand over by telephone too. Please call us if you have not heard from us."
HANDED_BACK = "We talk with the patient about what else may help, and hand care back to you."
KEEP_TREATING = "We have changed nothing of your treatment."


def crisis(row: Judgement) -> str:
    """On every decline, how to reach help at once."""
    line = crisis_line(row.patient.clinic)
    if row.choice not in DECLINES or line is None:
        return ""
    return f"In a crisis the patient can call {line.call} ({line.name}); in danger {line.emergency}."


def day(on: date) -> str:
    return f"{on:%d-%b-%Y}"
