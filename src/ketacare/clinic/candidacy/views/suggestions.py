"""What a field suggests while somebody types, written out once for all pages as long as the sheets are the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from markupsafe import Markup

from ketacare.clinic.candidacy import queries
from ketacare.medicine.candidacy.terms import Knowledge

# By how it is written: the sheets it was written from, and the whole.
_written: dict[str, tuple[Knowledge, Markup]] = {}


def medicine_options() -> Markup:
    """Every name of the formulary, with its ingredient and class beside it."""
    return _options(Markup('<option value="{}">{}</option>'), queries.formulary_names)


def trial_options() -> Markup:
    """Every antidepressant and augmentation of the tables."""
    return _options(Markup('<option value="{}">'), lambda: [(name,) for name in queries.medicine_names()])


def _options(line: Markup, rows: Callable[[], Iterable[tuple[str, ...]]]) -> Markup:
    sheets = queries.sheet()
    kept = _written.get(line)
    if kept is None or kept[0] is not sheets:
        kept = _written[line] = (sheets, Markup("").join(line.format(*row) for row in rows()))
    return kept[1]
