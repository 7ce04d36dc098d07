"""What changed from one version of a sheet to another, entry by entry, so that nothing is signed unseen."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from ketacare.medicine.evidence.rules.contents import Entry, contents, in_words
from ketacare.medicine.evidence.terms import Figure, Series, Sheet


class Change(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Kind(StrEnum):
    FIGURE = "figure"
    CONDITION = "condition"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Difference:
    """`parts` says what of a figure differs: value, unit, source, grade. Old or new is None where there is none."""

    name: str
    change: Change
    kind: Kind
    old: object
    new: object
    parts: tuple[str, ...] = ()

    @property
    def old_words(self) -> str:
        return "" if self.old is None else in_words(self.old)

    @property
    def new_words(self) -> str:
        return "" if self.new is None else in_words(self.new)


_ABOUT = ("title", "author", "checker", "reviewed_on", "next_review_on")


def differences(old: Sheet, new: Sheet) -> tuple[Difference, ...]:
    """Every entry that was added, removed or changed, in the order of the new sheet; what was removed comes last.

    The version itself and the status are not counted: they differ always, and say nothing about the patient.
    """
    before, after = _entries(old), _entries(new)
    changed = [_between(before.get(key), entry) for key, entry in after.items()]
    removed = [_between(entry, None) for key, entry in before.items() if key not in after]
    return tuple(difference for difference in (*changed, *removed) if difference is not None)


def _entries(sheet: Sheet) -> dict[tuple[str, ...], Entry]:
    return {entry.key: entry for entry in (*contents(sheet), *_about(sheet), *_cited(sheet))}


def _about(sheet: Sheet) -> Iterator[Entry]:
    for key in _ABOUT:
        yield Entry(("sheet", key), ("sheet", key), ("sheet", key.replace("_", " ")), getattr(sheet.header, key))


def _cited(sheet: Sheet) -> Iterator[Entry]:
    for label, source in sheet.sources.items():
        yield Entry(("sources", label), ("sources", label), ("sources", label), source.citation)


def _between(old: Entry | None, new: Entry | None) -> Difference | None:
    entry = new or old
    assert entry is not None  # one of them is there
    if old is None or new is None:
        change = Change.ADDED if old is None else Change.REMOVED
        return Difference(entry.words, change, _kind(entry), old and old.value, new and new.value)
    if old.value == new.value:
        return None
    return Difference(entry.words, Change.CHANGED, _kind(entry), old.value, new.value, _parts(old.value, new.value))


def _kind(entry: Entry) -> Kind:
    if entry.is_condition:
        return Kind.CONDITION
    return Kind.FIGURE if isinstance(entry.value, (Figure, Series)) else Kind.WORDS


def _parts(old: object, new: object) -> tuple[str, ...]:
    if not isinstance(old, (Figure, Series)) or not isinstance(new, (Figure, Series)):
        return ()
    sides = [
        (figure.values if isinstance(figure, Series) else (figure.value,), figure.unit, figure.sources, figure.grade)
        for figure in (old, new)
    ]
    named = zip(("value", "unit", "source", "grade"), *sides, strict=True)
    return tuple(name for name, before, after in named if before != after)
