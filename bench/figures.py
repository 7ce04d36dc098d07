"""What a measurement found: tables in which every figure stands beside its baseline of the same run."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

Cell = str | int | float


@dataclass(frozen=True)
class Spread:
    """A distribution in four numbers, in the unit of its samples."""

    count: int
    p50: float
    p95: float
    p99: float
    most: float

    @classmethod
    def of(cls, samples: Sequence[float]) -> Spread:
        ordered = sorted(samples)
        if not ordered:
            return cls(0, math.nan, math.nan, math.nan, math.nan)
        return cls(len(ordered), *(quantile(ordered, part) for part in (0.5, 0.95, 0.99)), ordered[-1])


def quantile(ordered: Sequence[float], part: float) -> float:
    """The nearest rank: a value that did occur, never one between two."""
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]


@dataclass
class Table:
    title: str
    columns: tuple[str, ...]
    rows: list[tuple[Cell, ...]] = field(default_factory=list)

    def add(self, *cells: Cell) -> None:
        assert len(cells) == len(self.columns), self.title
        self.rows.append(cells)

    def as_markdown(self) -> str:
        head = [f"**{self.title}**", "", line(self.columns), line(["---"] * len(self.columns))]
        return "\n".join([*head, *(line([written(cell) for cell in row]) for row in self.rows)])


@dataclass
class Found:
    """The answer to one question."""

    question: str
    tables: list[Table] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def table(self, title: str, *columns: str) -> Table:
        self.tables.append(Table(title, columns))
        return self.tables[-1]

    def as_markdown(self) -> str:
        notes = "\n".join(f"- {note}" for note in self.notes)
        return "\n\n".join([*(table.as_markdown() for table in self.tables), *([notes] if notes else [])])

    def save(self, folder: Path, name: str, machine: dict[str, Cell]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        kept = {"machine": machine, **asdict(self)}
        (folder / f"{name}.json").write_text(json.dumps(kept, indent=1) + "\n")
        (folder / f"{name}.md").write_text(self.as_markdown() + "\n")


def line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def written(cell: Cell) -> str:
    """Three figures that mean something, thousands with a comma."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int):
        return f"{cell:,}"
    if math.isnan(cell):
        return "none"
    if cell == 0 or not math.isfinite(cell):
        return "0" if cell == 0 else "–"
    digits = max(0, 2 - math.floor(math.log10(abs(cell))))
    return f"{round(cell, digits - 0 if digits else 0):,.{digits}f}" if abs(cell) < 1000 else f"{cell:,.0f}"


def ratio(value: float, baseline: float) -> str:
    return "–" if not baseline or math.isnan(baseline) or math.isnan(value) else f"{written(value / baseline)} ×"
