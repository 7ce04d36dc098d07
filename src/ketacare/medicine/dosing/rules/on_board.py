"""What a patient takes and lives with, in the words of the kinetics: what changes the curve, what only colours it.

A medicine changes a curve only where its own effect was published in numbers. Of the others the words are shown and no
number; with ketamine by mouth or under the tongue an inhibitor forbids a number altogether.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from ketacare.medicine.candidacy.rules.formulary import sorted_out
from ketacare.medicine.candidacy.terms import Knowledge
from ketacare.medicine.candidacy.terms.case import TakenMedicine
from ketacare.medicine.candidacy.terms.medicines import Does, Drug, InteractionRow, Taken
from ketacare.medicine.evidence.terms import Compare, Grade, Source
from ketacare.medicine.pharmacology import reader
from ketacare.medicine.pharmacology.terms import Condition, Route

_COLOURS = (Does.PRESSURE, Does.PULSE, Does.SEDATION, Does.BREATHING)
_SWALLOWED = frozenset({Route.PO, Route.SL})
_WEAK = "weak"
_INHIBITOR = "oral_inhibitor"
_KIDNEYS = "CI-60"
_CHILD_PUGH = {"B": "child_pugh_b", "C": "child_pugh_c"}


@dataclass(frozen=True, slots=True)
class Told:
    """One thing on board: whose it is, what it does in words, whether it moves the curve, and who says so."""

    who: str
    title: str
    words: str
    changes: bool
    grade: Grade
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class OnBoard:
    """`names` are the conditions of a prediction, `refused` why none may be made, `unknown` what nobody could say."""

    names: tuple[str, ...] = ()
    told: tuple[Told, ...] = ()
    refused: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def changing(self) -> tuple[Told, ...]:
        return tuple(one for one in self.told if one.changes)


def on_board(
    medicines: tuple[TakenMedicine, ...] | None,
    knowledge: Knowledge,
    routes: Collection[Route],
    *,
    child_pugh: str | None = None,
    kidneys_severe: bool | None = None,
) -> OnBoard:
    """What the list of medicines and the organs come to for these routes; None for the list is "nobody asked"."""
    found = list(_organs(child_pugh, reader.conditions(), kidneys_severe=kidneys_severe))
    told: list[Told] = []
    refused: list[str] = []
    unknown = list(_unknown(medicines, knowledge, child_pugh))
    for one in _taken(medicines, knowledge):
        own = reader.conditions().get(reader.plain_name(one.drug.name))
        found += [] if own is None else [(one.label, own)]
        told += _of_medicine(one, own, knowledge.interactions.rows)
        refused += _not_by_mouth(one, knowledge.interactions.rows, routes)
    refused += [f"{condition.title}. {condition.words}." for _, condition in found if condition.refused]
    usual = [(who, condition) for who, condition in found if not condition.refused]
    return OnBoard(
        names=tuple(dict.fromkeys(condition.name for _, condition in usual if _changes(condition))),
        told=tuple(dict.fromkeys([*(_told(who, condition) for who, condition in usual), *told])),
        refused=tuple(dict.fromkeys(refused)),
        unknown=tuple(unknown),
    )


def _taken(medicines: tuple[TakenMedicine, ...] | None, knowledge: Knowledge) -> list[Taken]:
    taken, _ = sorted_out(medicines or (), knowledge.formulary)
    return sorted(taken, key=lambda one: one.drug.name)


def _unknown(
    medicines: tuple[TakenMedicine, ...] | None, knowledge: Knowledge, child_pugh: str | None
) -> Iterator[str]:
    if medicines is None:
        yield "Medicines: nobody has asked, so none is counted in. Ask first."
    _, unmatched = sorted_out(medicines or (), knowledge.formulary)
    for one in unmatched:
        yield f"{one.name}: no drug of the formulary bears this name, so it is not counted in."
    if child_pugh is None:
        yield "Liver: no Child-Pugh class is recorded; the curve is that of a healthy liver."


def _changes(condition: Condition) -> bool:
    numbers = (condition.clint, condition.gut, condition.clearance, condition.widen)
    return any(number is not None for number in numbers)


def _organs(
    child_pugh: str | None, known: Mapping[str, Condition], *, kidneys_severe: bool | None
) -> Iterator[tuple[str, Condition]]:
    if child_pugh in _CHILD_PUGH:
        yield "Liver", known[_CHILD_PUGH[child_pugh]]
    if kidneys_severe:
        yield "Kidneys", known["renal_severe"]


def _told(who: str, condition: Condition) -> Told:
    return Told(who, condition.title, condition.words, _changes(condition), condition.grade, condition.sources)


def _rows(drug: Drug, rows: Mapping[str, InteractionRow], does: Does, *, weak: bool) -> Iterable[InteractionRow]:
    groups = [group for group, strength in drug.groups.items() if (strength == _WEAK) is weak]
    return (rows[group] for group in groups if does in rows[group].does)


def _of_medicine(one: Taken, own: Condition | None, rows: Mapping[str, InteractionRow]) -> Iterator[Told]:
    """What its groups and rows say in words; of a group, only where no number of the drug's own stands in its place."""
    for does in () if own is not None else (Does.RAISES, Does.LOWERS):
        for row in _rows(one.drug, rows, does, weak=True):
            yield _in_words(one, row, "Weak: noted only, no number is predicted for it")
        for row in _rows(one.drug, rows, does, weak=False):
            yield _in_words(one, row, f"{row.mechanism}. {row.advice}. No number is predicted for it")
    for row in (rows[name] for name in one.drug.rows):
        colours = [does.words for does in one.drug.does or row.does if does in _COLOURS]
        if colours:
            words = f"{' and '.join(colours)}; the curve is not changed"
            yield _in_words(one, row, words[:1].upper() + words[1:])


def _in_words(one: Taken, row: InteractionRow, words: str) -> Told:
    return Told(one.label, row.title, words, changes=False, grade=row.grade, sources=row.sources)


def _not_by_mouth(one: Taken, rows: Mapping[str, InteractionRow], routes: Collection[Route]) -> Iterator[str]:
    """An inhibitor beside a swallowed dose: words, never a number."""
    inhibits = any(True for _ in _rows(one.drug, rows, Does.RAISES, weak=False))
    if inhibits and _SWALLOWED & set(routes):
        words = reader.conditions()[_INHIBITOR].words
        yield f"{one.label}: {words[0].lower()}{words[1:]}."


def kidney_line(knowledge: Knowledge) -> Decimal:
    """Under which eGFR in mL/min the sheet of contraindications calls kidney failure severe."""
    rows = [row.condition for row in knowledge.contraindications.criteria if row.id == _KIDNEYS]
    (line,) = (row.value for row in rows if isinstance(row, Compare) and isinstance(row.value, Decimal))
    return line


def severe_kidneys(egfr_ml_per_min: Decimal | None, dialysis: bool | None, line: Decimal) -> bool | None:
    """Is kidney failure severe? None while neither is known."""
    if dialysis or (egfr_ml_per_min is not None and egfr_ml_per_min < line):
        return True
    return None if egfr_ml_per_min is None else False
