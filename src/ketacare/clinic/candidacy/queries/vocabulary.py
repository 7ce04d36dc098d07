"""The questions of an evaluation: the vocabulary in groups, and what is read from elsewhere instead of asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from types import MappingProxyType

from ketacare.clinic.candidacy.models import MISSING, Answer
from ketacare.clinic.enrolment import queries as enrolment
from ketacare.clinic.people.models import Patient
from ketacare.medicine.candidacy import reader
from ketacare.medicine.candidacy.reader.consent import consent_from
from ketacare.medicine.candidacy.reader.following import following_from
from ketacare.medicine.candidacy.rules.risk_tier import QUESTIONS
from ketacare.medicine.candidacy.terms import FactKind, Knowledge, Route
from ketacare.medicine.candidacy.terms.consent import ConsentSheet
from ketacare.medicine.candidacy.terms.following import FollowingLines
from ketacare.medicine.evidence.terms import FactValue

PRODUCTS = {
    "racemic ketamine into a vein": Route.IV,
    "racemic ketamine into a muscle": Route.IM,
    "racemic ketamine under the tongue": Route.SL,
    "esketamine nasal spray": Route.IN,
}
# What is proposed is a fact of the evaluation and a part of the case, not something a criterion reads by name.
PRODUCT = FactKind("proposed_product", "Product and route", "plan", "plan", "choice", tuple(PRODUCTS))

PLAN, DAY = "plan", "day"
# Parts of the page that ask their own questions: they stand in no group of the history.
RISK, EXCEPTIONS = "risk", "exceptions"
GROUPS = {
    "heart and brain": "Heart, vessels and brain",
    "mind": "Mind",
    "substances": "Alcohol and drugs",
    "body": "Body",
    "tests": "Tests and scales",
    "consent": "Consent and enrolment",
    "risk": "Signs of suicide risk",
}


@dataclass(frozen=True)
class Elsewhere:
    """Where a fact is read from, so that nobody types it twice."""

    words: str
    part: str


_MEASURES, _VITALS = Elsewhere("from weight and height", "body"), Elsewhere("from vital signs", "vitals")
_PHQ9 = Elsewhere("from the PHQ-9", "phq9")
_SCREENER, _FOUND = Elsewhere("from the screener", RISK), Elsewhere("from a clinician's finding", RISK)
_PLAN, _CONCERNS = Elsewhere("from the safety plan", RISK), Elsewhere("from concerns that wait", RISK)
ELSEWHERE = {
    **dict.fromkeys((*QUESTIONS.values(), "cssrs_form", "cssrs_refused"), _SCREENER),
    "risk_tier_found": _FOUND,
    "full_risk_assessment_on": _FOUND,
    "safety_plan_on": _PLAN,
    "suicidal_words_on": _CONCERNS,
    "ideation_worse_after_dose_on": _CONCERNS,
    "age_years": Elsewhere("from the date of birth", "header"),
    "weight_kg": _MEASURES,
    "bmi": _MEASURES,
    "phq_9": _PHQ9,
    "phq_9_item_9": _PHQ9,
    "phq_9_item_9_rise": _PHQ9,
    "pulse_per_min": _VITALS,
    "spo2_percent": _VITALS,
    "capacity": Elsewhere("from the four abilities", "capacity"),
}
# Asked by itself, and told by a list as well: the two are held beside each other.
ALLERGIC = "ketamine_hypersensitivity"


def sheet(patient: Patient | None = None) -> Knowledge:
    """What a person is judged by: the versions a running course began with, else those in force in the clinic (H19).

    Without a person, what ships: the questions are asked, and the names of medicines known, alike everywhere.
    """
    return reader.shipped() if patient is None else enrolment.knowledge_for(patient)


def following(patient: Patient) -> FollowingLines:
    """How soon somebody acts after a decision, in the version that counts for this person (H19)."""
    return following_from(enrolment.sheet_for(patient, "following-1"))


def consent_sheet(patient: Patient) -> ConsentSheet:
    """What is told before consent, in the version that counts for this person (H19)."""
    return consent_from(enrolment.sheet_for(patient, "consent-1"))


@cache
def kinds() -> Mapping[str, FactKind]:
    """Everything that may be asked, by name: what is proposed, then the vocabulary."""
    return MappingProxyType({PRODUCT.name: PRODUCT, **sheet().facts})


def value_of(kind: FactKind, answer: str) -> FactValue:
    """The value that this canonical text stands for; ValueError names the field, the rule and the remedy."""
    if kind.kind == "yes or no":
        return reader.value_from({"yes": True, "no": False}.get(answer, answer), kind, kind.title)
    if kind.kind in ("date or no", "hours or no"):
        return reader.value_from(False if answer == "no" else answer, kind, kind.title)
    return reader.value_from(answer, kind, kind.title)


def in_words(kind: FactKind | None, answer: str, to_month: bool = False) -> str:
    """An answer as people say it: with its unit, its day or its month; why it is missing, where it is."""
    if answer in MISSING:
        return str(Answer(answer).label)
    if kind is None or kind.kind in ("yes or no", "choice") or answer == "no":
        return answer[:1].upper() + answer[1:]
    if kind.kind == "date or no":
        return date.fromisoformat(answer).strftime("%b-%Y" if to_month else "%d-%b-%Y")
    return with_unit(kind, Decimal(answer)) + (" ago" if kind.kind == "hours or no" else "")


def with_unit(kind: FactKind, number: Decimal) -> str:
    unit = UNITS.get(kind.unit or "", kind.unit or "")
    return f"{plain(number)} {unit}".strip()


def plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


# Units as people write them; the vocabulary has them as UCUM.
UNITS = {
    "1": "",
    "a": "years",
    "mo": "months",
    "Cel": "°C",
    "kg/m2": "kg/m²",
    "xULN": "× ULN",
    "/min": "/min",
}
