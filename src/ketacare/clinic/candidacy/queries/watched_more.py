"""What is on record of a person that asks for more to be watched in a session: read by itself, without judging the
whole case, as a page at the chair is drawn often."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from ketacare.clinic.candidacy.models import ListState
from ketacare.clinic.candidacy.queries.facts import answers, fact_from, in_doubt, is_doubted, measured_facts
from ketacare.clinic.candidacy.queries.medicines import medicines
from ketacare.clinic.candidacy.queries.vocabulary import kinds, sheet
from ketacare.clinic.people.models import Patient
from ketacare.medicine.candidacy import rules
from ketacare.medicine.candidacy.rules.derived import unsaid_facts
from ketacare.medicine.evidence.rules import is_none_of_it
from ketacare.medicine.evidence.rules.facts import AsOf, as_of
from ketacare.medicine.evidence.terms import Fact, Facts

HEART, SLEEP, NONE, LIST = "cardiac_history", "sleep_apnoea", "none", "medicine list"


def watched_more(patient: Patient, given: Iterable[str], *, at: datetime, zone: str) -> list[Fact]:
    """Heart disease, sleep apnoea, body mass index, a medicine that prolongs QT: taken, or given here. Each a yes or a
    no; left out where nobody told, and both where records disagree and nobody has ruled."""
    knowledge, local = sheet(patient), at.astimezone(ZoneInfo(zone))
    diseases = knowledge.workup.heart_disease
    stands = as_of(Facts(_answered(patient, {HEART, SLEEP, *diseases}, local)), local)
    found = [fact for fact in measured_facts(patient, at, zone) if fact.name == "bmi"]
    found += _heart(
        _said(stands, HEART, no=False, of=HEART), [_said(stands, *one, of=HEART) for one in diseases.items()]
    )
    found += _said(stands, SLEEP, NONE, of=SLEEP)
    listed = medicines(patient)
    asked = listed is not None and listed.state != ListState.NOT_ASKED
    names = [(entry.called, entry.form) for entry in listed.medicines] if listed is not None and asked else []
    known = [rules.prolongs_qt(name, form, knowledge) for name, form in [*names, *((name, "") for name in given)]]
    if True in known or (asked and None not in known):
        found.append(Fact("qt_medicine", True in known, None, local, LIST))
    return found


def _answered(patient: Patient, names: Collection[str], local: datetime) -> list[Fact]:
    """As the judgement of the whole case has them: a no is none until its source can say, and a finding that stands is
    undone by no newer no."""
    rows = answers(patient, names)
    doubted = in_doubt(rows)
    found = [(row, fact) for row in rows if (fact := fact_from(row)) is not None]
    facts = [fact for row, fact in found if not is_none_of_it(fact) or not is_doubted(row, doubted)]
    return [*facts, *unsaid_facts(Facts(facts), kinds(), local)]


def _said(stands: AsOf, name: str, no: object, of: str) -> list[Fact]:
    """What stands of it, each record a yes or a no."""
    return [Fact(of, fact.value != no, None, fact.known_at, fact.source) for fact in stands.standing(name).facts]


def _heart(own: list[Fact], diseases: list[list[Fact]]) -> list[Fact]:
    """A yes that nobody disputes is one, by whichever name; a no only where no disease is in dispute."""
    agreed = next((said for said in (own, *diseases) if said and all(fact.value for fact in said)), None)
    if agreed is not None:
        return agreed[-1:]
    return [*own, *(fact for said in diseases if any(fact.value for fact in said) for fact in said)]
