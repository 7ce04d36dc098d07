"""What is on record of a person that asks for more to be watched in a session: read by itself, without judging the
whole case, as a page at the chair is drawn often."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from ketacare.clinic.candidacy.models import ListState
from ketacare.clinic.candidacy.queries.facts import fact_from, history, measured_facts
from ketacare.clinic.candidacy.queries.medicines import medicines
from ketacare.clinic.candidacy.queries.vocabulary import sheet
from ketacare.clinic.people.models import Patient
from ketacare.medicine.candidacy import rules
from ketacare.medicine.candidacy.rules.derived import heart_facts
from ketacare.medicine.evidence.terms import Fact, Facts

HEART, SLEEP, NONE, LIST = "cardiac_history", "sleep_apnoea", "none", "medicine list"


def watched_more(patient: Patient, given: Iterable[str], *, at: datetime, zone: str) -> list[Fact]:
    """Heart disease, sleep apnoea, body mass index, a medicine that prolongs QT: taken, or given here. Each a yes or a
    no; left out where nobody told."""
    knowledge, local = sheet(patient), at.astimezone(ZoneInfo(zone))
    wanted = {HEART, SLEEP, *knowledge.workup.heart_disease}
    told = {row.name: row for row in reversed(history(patient)) if row.name in wanted}
    facts = {name: fact for name, row in told.items() if (fact := fact_from(row)) is not None}
    found = [fact for fact in measured_facts(patient, at, zone) if fact.name == "bmi"]
    heart = [*heart_facts(Facts(list(facts.values())), knowledge, local), *_of(facts, HEART)]
    found += heart[:1]
    found += [Fact(SLEEP, one.value != NONE, None, one.known_at, one.source) for one in _of(facts, SLEEP)]
    listed = medicines(patient)
    asked = listed is not None and listed.state != ListState.NOT_ASKED
    names = [(entry.called, entry.form) for entry in listed.medicines] if listed is not None and asked else []
    known = [rules.prolongs_qt(name, form, knowledge) for name, form in [*names, *((name, "") for name in given)]]
    if True in known or (asked and None not in known):
        found.append(Fact("qt_medicine", True in known, None, local, LIST))
    return found


def _of(facts: dict[str, Fact], name: str) -> list[Fact]:
    return [facts[name]] if name in facts else []
