"""Small cells: so few people that somebody could be recognised are not shown, nor what would give them away."""

from __future__ import annotations

from collections.abc import Sequence

from ketacare.medicine.registry.terms import Measures


def hidden(met: int, of: int, measures: Measures) -> bool:
    """A rate out of too few; or one whose count, or whose rest, is small without being none."""
    smallest = measures.smallest_cell
    return of < smallest or 0 < met < smallest or 0 < of - met < smallest


def complementary(counts: Sequence[int], measures: Measures) -> tuple[bool, ...]:
    """Which counts of a table with a shown total are hidden: the small ones, and the next smallest as long as
    those hidden together are few: their sum is found by taking the others from the total."""
    small = [0 < count < measures.smallest_cell for count in counts]
    larger = sorted((place for place, count in enumerate(counts) if count and not small[place]), key=counts.__getitem__)
    while larger and any(small) and _told(counts, small) < measures.smallest_cell:
        small[larger.pop(0)] = True
    return tuple(small)


def column(
    met: Sequence[int], of: Sequence[int], groups: Sequence[Sequence[int]], measures: Measures
) -> tuple[bool, ...]:
    """Which cells of a column of rates are hidden: the small ones, and in every group whose total may be known the next
    smallest with them, for as long as those hidden together, or their rest, come to few."""
    dark = [hidden(count, whole, measures) for count, whole in zip(met, of, strict=True)]
    # Where none had it the rest is everybody, and tells nothing.
    rest = [whole - count if count else 0 for count, whole in zip(met, of, strict=True)]
    for group in groups:
        for counts in (met, rest):
            larger = sorted((place for place in group if counts[place] and not dark[place]), key=counts.__getitem__)
            while larger and 0 < sum(counts[place] for place in group if dark[place]) < measures.smallest_cell:
                dark[larger.pop(0)] = True
    return tuple(dark)


def _told(counts: Sequence[int], small: Sequence[bool]) -> int:
    """What all hidden counts together come to: that much anybody can work out."""
    return sum(count for count, is_small in zip(counts, small, strict=True) if is_small)


def beside(of: int, measures: Measures) -> bool:
    """Are there enough to stand beside a published figure?"""
    return of >= measures.compared_from


def rounded(count: int, measures: Measures) -> int:
    """As a count leaves the clinic: to the nearest step, so that two files can't be taken from each other."""
    step = measures.export_step
    return step * ((2 * count + step) // (2 * step))
