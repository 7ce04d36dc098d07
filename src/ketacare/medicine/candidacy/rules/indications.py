"""For what it may be offered: the main diagnosis decides; and whether the episode is moderate or severe (RUL-04)."""

from collections.abc import Sequence

from ketacare.medicine.candidacy.rules.criteria import reasons_of
from ketacare.medicine.candidacy.rules.formulary import sorted_out
from ketacare.medicine.candidacy.terms import Case, Knowledge, Route, SeverityGate
from ketacare.medicine.evidence.rules import in_order
from ketacare.medicine.evidence.rules.facts import AsOf, as_of
from ketacare.medicine.evidence.terms import Effect, Fact, Grade, Reason, Result


def reasons(case: Case, knowledge: Knowledge) -> tuple[Reason, ...]:
    sheet, known = knowledge.indications, as_of(case.facts, case.at)
    rows = reasons_of(sheet.rows(case.stage, case.route), case)
    return (*rows, moderate_or_severe(sheet.gate, known), *_label_of_the_eu(case, knowledge, known))


def _label_of_the_eu(case: Case, knowledge: Knowledge, known: AsOf) -> tuple[Reason, ...]:
    """IND-01, RUL-17: on label with an SSRI or SNRI; the US label since 2025 also alone. Asked of the list, where every
    name on it is known."""
    diagnosis = known.told(knowledge.indications.gate.diagnosis)
    if case.route is not Route.IN or case.medicines is None or diagnosis is None:
        return ()
    taken, unmatched = sorted_out(case.medicines, knowledge.formulary)
    if unmatched or diagnosis.value not in knowledge.trials.diagnoses:
        return ()
    beside = [one for one in taken if one.drug.drug_class in _ON_LABEL_WITH]
    words = "Esketamine without an SSRI or SNRI: off label in the European Union"
    if beside:
        words = f"Esketamine beside {beside[0].label}: on label in the European Union"
    source = knowledge.indications.label_of_the_eu
    return (
        Reason(
            criterion="EU-LABEL",
            title="Label in the European Union",
            result=Result.NOT_MET if beside else Result.MET,
            effect=Effect.NOTE,
            words=words,
            facts=(*known.standing(diagnosis.name).as_used(diagnosis),),
            sources=source,
            grade=Grade.V,
        ),
    )


_ON_LABEL_WITH = frozenset({"SSRI", "SNRI"})


def moderate_or_severe(gate: SeverityGate, known: AsOf) -> Reason:
    """One scale over its line, or a signed statement, is enough; a scale that nobody used says nothing against."""
    entry, diagnosis = known.told(gate.entry), known.told(gate.diagnosis)
    later = entry is not None and entry.value is False
    if later or (diagnosis is not None and diagnosis.value not in gate.diagnoses):
        return _reason(gate, known, Result.NOT_MET, "not_asked", [entry if later else diagnosis])
    scales = [fact for name in gate.lines if (fact := known.told(name, gate.valid_days)) is not None]
    reached = [fact for fact in scales if _reaches(fact, gate)]
    statement = known.told(gate.statement, gate.valid_days)
    if statement is not None and statement.value is True:
        reached.append(statement)
    if reached:
        return _reason(gate, known, Result.NOT_MET, "not_met", reached)
    if scales:
        return _reason(gate, known, Result.MET, "met", [*scales, statement])
    return _reason(gate, known, Result.UNKNOWN, "unknown", [statement])


def _reaches(fact: Fact, gate: SeverityGate) -> bool:
    line = gate.lines[fact.name]
    if not isinstance(fact.value, type(line.value)):
        raise TypeError(f"{fact.name}: {fact.value!r} is not a score.")
    return fact.value >= line.value


def _reason(gate: SeverityGate, known: AsOf, result: Result, words: str, facts: Sequence[Fact | None]) -> Reason:
    """While it is unknown, any one scale settles it: the first is asked for."""
    scales = tuple(gate.lines)
    return Reason(
        criterion=gate.id,
        title=gate.title,
        result=result,
        effect=Effect.CLEAR,
        words=gate.words[words],
        facts=in_order(told for fact in facts if fact for told in known.standing(fact.name).as_used(fact)),
        missing=scales[:1] if result is Result.UNKNOWN else (),
        one_of=(scales,) if result is Result.UNKNOWN else (),
        sources=gate.sources,
        grade=gate.grade,
        override=gate.override,
        valid_days=gate.valid_days,
    )
