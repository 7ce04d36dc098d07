"""What follows from a case: blood pressure of today, the Child-Pugh class, what medicines and courses mean."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime

from ketacare.medicine.candidacy.rules import liver, pressure
from ketacare.medicine.candidacy.rules.at_odds import with_episode_asked
from ketacare.medicine.candidacy.rules.begun import none_begun
from ketacare.medicine.candidacy.rules.by_themselves import without_their_own_judgement
from ketacare.medicine.candidacy.rules.courses import course_facts
from ketacare.medicine.candidacy.rules.formulary import matched, sorted_out
from ketacare.medicine.candidacy.terms import Absent, Case, FactKind, Knowledge, TakenMedicine
from ketacare.medicine.evidence.rules import day_of, unsaid
from ketacare.medicine.evidence.rules.comparing import test_of
from ketacare.medicine.evidence.rules.facts import age_days, as_of
from ketacare.medicine.evidence.terms import EVER, Fact, Facts

_SOURCE = "medicine list"
_HEART, _ANEURYSM, _REPAIRED = "cardiac_history", "aneurysmal_vascular_disease", "aneurysm_repaired"


def with_derived(case: Case, knowledge: Knowledge) -> Case:
    """The same case with the facts that follow from it; worked out once, and never again from what it gave."""

    def work_out() -> Case | None:
        whole = _derived(case, knowledge)
        return None if whole is case else whole

    whole = case.once("derived", knowledge, work_out) or case
    whole.once("derived", knowledge, lambda: None)
    return whole


def _derived(case: Case, knowledge: Knowledge) -> Case:
    case = with_episode_asked(case, knowledge.odd)
    facts = without_their_own_judgement(case.facts, knowledge.judged_by_a_clinician)
    case = case if facts is case.facts else replace(case, facts=facts)
    today = day_of(case.at, case.at)
    lines = knowledge.pressure.lines
    of_today = [reading for reading in case.pressures if day_of(reading.taken_at, case.at) == today]
    readings = pressure.sittings(of_today, lines)
    if readings and pressure.bp_gate(readings, lines) is None:
        # A raised reading waits for its repeat: no value that was told before it stands in for that.
        case = replace(case, facts=Facts([fact for fact in case.facts if fact.name not in pressure.GATE]))
    said = (
        *unsaid_facts(case.facts, knowledge.facts, case.at),
        *pressure.bp_facts(readings, lines, "readings of today"),
    )
    if said:
        case = replace(case, facts=case.facts.with_(*said))
    found = (
        *liver.child_pugh_fact(case.facts, knowledge.scales.child_pugh, case.at),
        *aneurysm_facts(case.facts, case.at),
        *heart_facts(case.facts, knowledge, case.at),
        *answer_facts(case.facts, knowledge, case.at),
        *medicine_facts(case, knowledge),
        *course_facts(case, knowledge.trials),
    )
    return replace(case, facts=case.facts.with_(*found)) if found else case


def unsaid_facts(facts: Facts, kinds: Mapping[str, FactKind], at: datetime | date) -> Iterator[Fact]:
    """Findings within their look-back that no newer no undoes, whoever told it: a person rules."""
    for kind in kinds.values():
        if kind.stands_days is not None and len(facts.all(kind.name)) > 1:
            yield from unsaid(facts.all(kind.name), _finding_of(kind), kind.stands_days, at, kind.counts_days)


def _finding_of(kind: FactKind) -> Callable[[Fact], bool]:
    if kind.standing_answers:
        return lambda fact: fact.value in kind.standing_answers
    return lambda fact: fact.value is not False


def heart_facts(facts: Facts, knowledge: Knowledge, at: datetime | date) -> Iterator[Fact]:
    """Heart disease, where one is on record by its own name: whatever was ticked, until a person rules."""
    known = as_of(facts, at)
    told = [(known.told(name), none) for name, none in knowledge.workup.heart_disease.items()]
    for fact, none in told:
        if fact is not None and fact.value != none:
            yield Fact(_HEART, True, None, fact.known_at, f"{knowledge.facts[fact.name].title}, on record")


def aneurysm_facts(facts: Facts, at: datetime | date) -> Iterator[Fact]:
    """What was repaired was there: a no beside it is a disagreement (CI-01)."""
    known = as_of(facts, at)
    repaired = next((fact for fact in reversed(known.standing(_REPAIRED).facts) if fact.value is True), None)
    found = known.told(_ANEURYSM)
    if repaired is not None and found is not None and found.value is False:
        yield Fact(_ANEURYSM, True, None, repaired.known_at, "an aneurysm was repaired")


def answer_facts(facts: Facts, knowledge: Knowledge, at: datetime | date) -> Iterator[Fact]:
    """What another answer says by itself, as hypertension does of blood pressure that is high or treated; each record
    of it that stands. A ruling settles what was known by its day."""
    known = as_of(facts, at)
    for name, lines in knowledge.workup.by_answer.items():
        ruled = min((age_days(fact, at) or 0 for fact in known.standing(name).facts if fact.settles), default=None)
        for line in lines:
            holds = test_of(line.comparison, line.value)
            for fact in known.standing(line.fact).within(EVER if line.valid_days is None else line.valid_days):
                age = age_days(fact, at)
                if holds(fact.value) and (ruled is None or (age is not None and age < ruled)):
                    yield Fact(name, True, None, fact.known_at, f"{knowledge.facts[line.fact].title}, on record")


def medicine_facts(case: Case, knowledge: Knowledge) -> Iterator[Fact]:
    """Whether a sedative, or a medicine that raises blood pressure, is taken, left out where a name tells nothing; and
    what taking a drug says of the person, such as that its level is owed."""
    if case.medicines is None:
        return
    matches = [matched(medicine.name, medicine.form, knowledge.formulary) for medicine in case.medicines]
    rows = {row for match in matches if match is not None for row in match.drug.rows}
    all_known = None not in matches
    kinds = {
        "sedative_taken": knowledge.contraindications.sedatives,
        "pressure_raising_medicine_taken": knowledge.interactions.extra_pressure_rows,
    }
    for name, wanted in kinds.items():
        if rows & wanted or all_known:
            yield Fact(name, bool(rows & wanted), None, case.at, _SOURCE)
    pairs = list(zip(case.medicines, matches, strict=True))

    def listed(telling: frozenset[str]) -> list[TakenMedicine]:
        return [one for one, match in pairs if match and {match.drug.name, match.drug.drug_class} & telling]

    for name, telling in knowledge.workup.by_medicine.items():
        if source := _speaks(case, name, listed(telling)):
            yield Fact(name, True, None, case.at, source)
    known = as_of(case.facts, case.at)
    for name, against in knowledge.workup.against_medicine.items():
        said = known.told(name)
        taken = [one for one in listed(against.drugs) if one.as_needed is False or not against.daily]
        if said is not None and said.value != against.says and (source := _speaks(case, name, taken)):
            yield Fact(name, against.says, None, case.at, source)
    for name, absent in knowledge.workup.without_medicine.items() if all_known else ():
        said = known.told(name)
        if said is None or said.value is False:
            continue
        if absent.by_trials:
            yield from _not_begun(case, said, knowledge)
        elif source := _lacks(case, said, listed, absent):
            yield Fact(name, False, None, case.at, source)


def _not_begun(case: Case, said: Fact, knowledge: Knowledge) -> Iterator[Fact]:
    """The list by its name and why, where no antidepressant on it was begun; a ruling holds against it for its day.
    Where a dose is not told that is no answer of today: it contradicts what was said, and stands for nothing alone."""
    taken, _ = sorted_out(case.medicines or (), knowledge.formulary)
    why, is_sure = none_begun(case, taken, knowledge)
    if why and not _ruled_today(said, case):
        known_at = case.at if is_sure or said.settles else None
        yield Fact(said.name, False, None, known_at, f"{_SOURCE}: {why}")


def _ruled_today(said: Fact, case: Case) -> bool:
    return said.settles and age_days(said, case.at) == 0


def _lacks(case: Case, said: Fact, listed: Callable[[frozenset[str]], list[TakenMedicine]], absent: Absent) -> str:
    """The list by its name, where none of what was told stands on it, or only what does not do alone. A ruling holds
    against an empty list for its own day, and as long as it stands for a medicine that was on the list by then."""
    found = listed(absent.drugs)
    if not found:
        return "" if _ruled_today(said, case) else f"{_SOURCE}: none of them is on it"
    if len(found) > len(listed(absent.not_alone)):
        return ""
    source = _speaks(case, said.name, found)
    return source and f"{source}: {found[0].name} alone is not enough in bipolar I"


def _speaks(case: Case, name: str, listed: list[TakenMedicine]) -> str:
    """The list by its name, where a medicine on it says something. A ruling that is the last word settles what was on
    the list at its moment, which would else contradict it for ever, and nothing that was begun or changed since. Where
    nobody knows since when it is taken, it settles what stood on the list just so by then; else it holds for its own
    day."""
    stands = as_of(case.facts, case.at).standing(name)
    if not listed or not stands.facts or not stands.facts[-1].settles:
        return _SOURCE if listed else ""
    ruling, ruled = stands.facts[-1].known_at, stands.used[-1].age_days
    for one in listed:
        if one.stable_days is None and not _was_listed(one, ruling, ruled, case.at):
            return f"{_SOURCE}: {one.name}, since when is not said"
        if ruled is None or (one.stable_days is not None and one.stable_days < ruled):
            return f"{_SOURCE}: {one.name}, begun or changed since"
    return ""


def _was_listed(one: TakenMedicine, ruling: datetime | date | None, ruled: int | None, at: datetime | date) -> bool:
    """On the list when the ruling was made; of one that knows only its day, the day before at the latest."""
    if one.listed_at is None or ruling is None:
        return ruled == 0
    if isinstance(ruling, datetime):
        return one.listed_at <= ruling
    return day_of(one.listed_at, at) < ruling
