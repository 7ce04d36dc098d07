"""Blood pressure before a dose: the value that decides (RUL-08), and the band it falls into."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from itertools import pairwise

from ketacare.medicine.candidacy.rules.criteria import reasons_of
from ketacare.medicine.candidacy.terms import Awaited, Case, GateValue, Knowledge, Pressure, PressureLines, Reading
from ketacare.medicine.evidence.terms import Fact, Reason

GATE = ("gate_sbp", "gate_dbp", "gate_severe")


def reasons(case: Case, knowledge: Knowledge) -> tuple[Reason, ...]:
    return reasons_of(knowledge.pressure.rows(case.stage, case.route), case)


def bp_gate(readings: Sequence[Reading], lines: PressureLines) -> GateValue | None:
    """The value that decides: the first reading if calm, else the mean of the last two of up to three.

    A raised reading after calm ones, or after three, begins anew, and the worse of the values counts: no number of
    later readings makes up for it. A severe one is confirmed by the one taken at once after it, whatever came before.
    Means are rounded up to whole mmHg. None while nothing is measured or a repeat is due.
    """
    taken = sorted(readings, key=lambda reading: reading.taken_at)
    if not taken:
        return None
    if any(_severe(one, lines) and _severe(two, lines) for one, two in pairwise(taken)):
        before, last = taken[-2:]
        means = (_mean(before.systolic, last.systolic), _mean(before.diastolic, last.diastolic))
        return GateValue(*means, True, f"severe twice in a row; mean of {before} and {last}, all {len(taken)} kept")
    runs = raised_runs(taken, lines)
    if not runs:
        first = taken[0]
        return GateValue(Decimal(first.systolic), Decimal(first.diastolic), False, f"first reading {first}")
    if len(runs[-1]) == 1 or _severe(taken[-1], lines):
        return None
    systolic = max(_mean(*[one.systolic for one in run[-2:]]) for run in runs)
    diastolic = max(_mean(*[one.diastolic for one in run[-2:]]) for run in runs)
    words = "; again raised: ".join(f"mean of {run[-2]} and {run[-1]}" for run in runs)
    return GateValue(systolic, diastolic, False, f"{words}, all {len(taken)} kept")


def sittings(readings: Iterable[Reading], lines: PressureLines) -> list[Reading]:
    """The readings that may repeat one another (6.3: 5 min apart). What is read sooner after another is one reading
    with it, of which the worse of each counts; only a severe one is repeated at once."""
    found: list[Reading] = []
    least = timedelta(minutes=lines.apart_minutes)
    begun: datetime | None = None
    for reading in sorted(readings, key=lambda one: one.taken_at):
        if begun is None or reading.taken_at - begun >= least or _severe(found[-1], lines):
            found.append(reading)
            begun = reading.taken_at
        else:
            worse = max(found[-1].systolic, reading.systolic), max(found[-1].diastolic, reading.diastolic)
            found[-1] = Pressure(reading.taken_at, *worse)
    return found


def raised_runs(taken: Sequence[Reading], lines: PressureLines) -> list[list[Reading]]:
    """Each raised reading with those taken after it, as many as make one gate value; calm ones between are none."""
    runs: list[list[Reading]] = []
    for reading in taken:
        if runs and len(runs[-1]) < lines.most:
            runs[-1].append(reading)
        elif not is_calm(reading, lines):
            runs.append([reading])
    return runs


def bp_awaited(readings: Sequence[Reading], lines: PressureLines) -> Awaited | None:
    """The reading that is due next; the third settles nothing that was not settled, and may still lower the mean."""
    taken = sorted(readings, key=lambda reading: reading.taken_at)
    if not taken or is_calm(taken[-1], lines):
        return None
    if _severe(taken[-1], lines) and not (len(taken) > 1 and _severe(taken[-2], lines)):
        return Awaited.AT_ONCE
    return {1: Awaited.AFTER_REST, 2: Awaited.ONCE_MORE}.get(len(raised_runs(taken, lines)[-1]))


def is_calm(reading: Reading, lines: PressureLines) -> bool:
    return reading.systolic <= lines.calm[0] and reading.diastolic <= lines.calm[1]


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
    systolic, diastolic, severe = GATE
    return (
        Fact(systolic, gate.systolic, "mmHg", at, source),
        Fact(diastolic, gate.diastolic, "mmHg", at, source),
        Fact(severe, gate.severe, None, at, source),
    )
