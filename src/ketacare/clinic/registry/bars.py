"""Shares side by side as values: check-ins answered, and side effects named in them, beside what others published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ketacare.clinic.registry.figures import Point, point, row_of, said, steps_words
from ketacare.clinic.registry.queries import Came, Captured, Reported
from ketacare.medicine.registry import rules
from ketacare.medicine.registry.terms import Measures, Published


@dataclass(frozen=True)
class Bar:
    """A share with its name; `companion` is what others published, with its words."""

    name: str
    words: str
    point: Point | None
    companion: float | None = None
    companion_words: str = ""


@dataclass(frozen=True)
class Bars:
    id: str
    title: str
    how: str
    bars: tuple[Bar, ...]
    counted: tuple[tuple[object, ...], ...]
    none: str = "Nothing answered yet."


def check_ins(found: Sequence[Captured], measures: Measures) -> Bars:
    return Bars(
        "check-ins",
        "Check-ins answered",
        "Answered before the window closed, of all whose window has closed. Nothing is published that "
        "could stand beside it. " + steps_words(measures),
        tuple(Bar(one.title, said(one.answered, measures), point(0, one.answered, measures)) for one in found),
        tuple(row_of(one.title, one.answered) for one in found),
    )


def windows(found: Sequence[Came], measures: Measures) -> Bars:
    aim = measures.windows_aim

    def bar(one: Came) -> Bar:
        beside = float(aim.value) if one.is_used else None
        words = f"our aim: {aim.value} %" if one.is_used else ""
        return Bar(one.words, said(one.rate, measures), point(0, one.rate, measures), beside, words)

    return Bars(
        "windows",
        "Windows after a dose",
        "What came of the window after each dose that was given and owes a visit, of all that are over, whether or not "
        "therapy was planned; after any other dose it counts where it was used. A visit counts where a note says that "
        "it was held. " + steps_words(measures),
        tuple(bar(one) for one in found),
        tuple(row_of(one.words, one.rate) for one in found),
        "No window is over yet.",
    )


def effects(found: Sequence[Reported], published: Published, measures: Measures) -> Bars:
    known = {one.term: one for one in published.effects}

    def bar(one: Reported) -> Bar:
        beside = known.get(one.term.lower())
        words = ""
        if beside:
            words = f"{beside.study}: {beside.share.value} % {beside.words} ({beside.design}; {beside.caveat})"
        enough = beside is not None and rules.beside(one.named.of, measures)
        return Bar(
            one.term,
            said(one.named, measures),
            point(0, one.named, measures),
            float(beside.share.value) if beside and enough else None,
            words if enough else "",
        )

    return Bars(
        "side-effects",
        "Side effects named in check-ins",
        "Check-ins after a dose in which it was named, of those in which it was answered. Trials count patients, not "
        "check-ins. " + steps_words(measures),
        tuple(bar(one) for one in found),
        tuple(row_of(one.term, one.named) for one in found),
    )
