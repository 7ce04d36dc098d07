"""Blood pressure before a dose: the value that decides (RUL-08), and the band it falls into."""

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal
from itertools import pairwise

from ketacare.medicine.candidacy.rules.criteria import reasons_of
from ketacare.medicine.candidacy.terms import Case, GateValue, Knowledge, PressureLines, Reading
from ketacare.medicine.evidence.terms import Fact, Reason


def reasons(case: Case, knowledge: Knowledge) -> tuple[Reason, ...]:
    return reasons_of(knowledge.pressure.rows(case.stage, case.route), case)


def bp_gate(readings: Sequence[Reading], lines: PressureLines) -> GateValue | None:
    """The value that decides: the first reading if calm, else the mean of the last two of up to three.

    A severe reading is confirmed by the one taken at once after it. Means are rounded up to whole mmHg. None while
    nothing is measured or a raised first reading awaits its repeat.
    """
    taken = sorted(readings, key=lambda reading: reading.taken_at)
    if not taken:
        return None
    first = taken[0]
    if first.systolic <= lines.calm[0] and first.diastolic <= lines.calm[1]:
        return GateValue(Decimal(first.systolic), Decimal(first.diastolic), False, f"first reading {first}")
    if len(taken) == 1:
        return None
    before, last = taken[-2:]
    severe = any(_severe(one, lines) and _severe(two, lines) for one, two in pairwise(taken))
    words = f"mean of {before} and {last}, all {len(taken)} kept"
    return GateValue(_mean(before.systolic, last.systolic), _mean(before.diastolic, last.diastolic), severe, words)


def _severe(reading: Reading, lines: PressureLines) -> bool:
    return reading.systolic >= lines.severe[0] or reading.diastolic >= lines.severe[1]


def _mean(one: int, other: int) -> Decimal:
    return (Decimal(one + other) / 2).to_integral_value(ROUND_CEILING)


def bp_facts(readings: Sequence[Reading], lines: PressureLines, source: str) -> tuple[Fact, ...]:
    """The gate value as facts; nothing when it is not settled."""
    gate = bp_gate(readings, lines)
    if gate is None:
        return ()
    at = max(reading.taken_at for reading in readings)
    return (
        Fact("gate_sbp", gate.systolic, "mmHg", at, source),
        Fact("gate_dbp", gate.diastolic, "mmHg", at, source),
        Fact("gate_severe", gate.severe, None, at, source),
    )
