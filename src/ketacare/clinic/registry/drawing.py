"""Places in the picture: from percent and weeks to lines of an SVG. Letters name what others published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from ketacare.clinic.registry.figures import Companion, Figure, Point
from ketacare.clinic.registry.safety import RunChart

WIDTH, HEIGHT = 420, 250
LEFT, RIGHT, TOP, BOTTOM = 48, 26, 12, 38
RUN_HEIGHT, RUN_NAMES = 190, 6
NAME_WIDTH, NAME_UP, NAME_DOWN = 70, 5, 15  # of the words at the middle of a run chart
APART = 12  # letters at the right edge need so much height each


@dataclass(frozen=True)
class Tick:
    at: float
    words: str


@dataclass(frozen=True)
class Mark:
    """A published figure: a line across from the left edge, or a diamond; `letter_y` is where its letter stands."""

    letter: str
    y: float
    x: float | None
    letter_x: float
    letter_y: float
    control: bool
    words: str
    percent: str


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    low: float
    high: float


@dataclass(frozen=True)
class Drawing:
    width: int
    height: int
    left: float
    right: float
    top: float
    bottom: float
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    marks: tuple[Mark, ...]
    dots: tuple[Dot, ...]
    line: str
    band: str


def drawing(figure: Figure) -> Drawing:
    dots = tuple(dot(figure, one) for one in figure.points)
    is_curve = figure.kind == "curve"
    return Drawing(
        WIDTH, HEIGHT, LEFT, WIDTH - RIGHT, TOP, HEIGHT - BOTTOM,
        across=tuple(Tick(x_of(figure, value), f"{value:g}") for value in ticks(figure)),
        up=tuple(Tick(y_of(value), f"{value}") for value in (0, 25, 50, 75, 100)),
        marks=marks(figure),
        dots=() if is_curve else dots,
        line=joined([(one.x, one.y) for one in dots]),
        band=band(dots) if is_curve else "",
    )  # fmt: skip


def ticks(figure: Figure) -> list[float]:
    begins = 0 if figure.kind == "curve" else figure.x_step
    count = int((figure.x_most - begins) / figure.x_step)
    return [begins + figure.x_step * number for number in range(count + 1)]


def x_of(figure: Figure, value: float) -> float:
    begins = 0 if figure.kind == "curve" else figure.x_step / 2
    most = figure.x_most if figure.kind == "curve" else figure.x_most + figure.x_step / 2
    return round(LEFT + (value - begins) / (most - begins) * (WIDTH - LEFT - RIGHT), 1)


def y_of(percent: float) -> float:
    return round(TOP + (100 - percent) / 100 * (HEIGHT - TOP - BOTTOM), 1)


def dot(figure: Figure, one: Point) -> Dot:
    return Dot(x_of(figure, one.x), y_of(one.y), y_of(one.low), y_of(one.high))


def joined(places: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in places) if len(places) > 1 else ""


def band(dots: Sequence[Dot]) -> str:
    """There along the upper ends and back along the lower ones; what begins at a point closes there."""
    there, back = [(one.x, one.high) for one in dots], [(one.x, one.low) for one in reversed(dots)]
    return joined([*there, *back]) + "Z" if len(dots) > 1 else ""


def lettered(figure: Figure) -> list[tuple[str, Companion]]:
    """What stands beside it, from the top of the picture down."""
    return list(zip(ascii_uppercase, sorted(figure.companions, key=lambda one: -one.y), strict=False))


def marks(figure: Figure) -> tuple[Mark, ...]:
    found: list[Mark] = []
    lowest: float = TOP - APART
    for letter, one in lettered(figure):
        y = y_of(one.y)
        if one.x is None:
            lowest = max(lowest + APART, y)
            found.append(mark(letter, one, y, None, WIDTH - RIGHT + 5, lowest))
        else:
            x = x_of(figure, one.x)
            found.append(mark(letter, one, y, x, x + 7, y))
    return tuple(found)


def mark(letter: str, one: Companion, y: float, x: float | None, letter_x: float, letter_y: float) -> Mark:
    return Mark(letter, y, x, letter_x, letter_y, one.control, one.words, f"{one.y:g} %")


# -- run charts --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RunDrawing:
    """A line of months or quarters, broken where one is hidden; `middle` is where the median lies."""

    width: int
    height: int
    left: float
    right: float
    bottom: float
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    dots: tuple[Dot, ...]
    line: str
    middle: float | None
    middle_words: str
    middle_words_y: float


def run_drawing(chart: RunChart) -> RunDrawing:
    def y(value: float) -> float:
        return round(TOP + (chart.top - value) / chart.top * (RUN_HEIGHT - TOP - BOTTOM), 1)

    apart = (WIDTH - LEFT - RIGHT) / max(len(chart.spots), 1)
    places = [round(LEFT + apart * (number + 0.5), 1) for number in range(len(chart.spots))]
    seen = [None if spot.told.hidden else 100 * (spot.told.share or 0.0) for spot in chart.spots]
    every = -(-len(chart.spots) // RUN_NAMES) or 1
    known = [(x, y(value)) for x, value in zip(places, seen, strict=True) if value is not None]
    dots = tuple(Dot(x, at, at, at) for x, at in known)
    middle = None if chart.middle is None else y(chart.middle)
    return RunDrawing(
        WIDTH, RUN_HEIGHT, LEFT, WIDTH - RIGHT, RUN_HEIGHT - BOTTOM,
        across=tuple(
            Tick(x, spot.name)
            for number, (x, spot) in enumerate(zip(places, chart.spots, strict=True))
            if number % every == 0
        ),
        up=tuple(Tick(y(value), f"{value:g}") for value in (0, chart.top / 2, chart.top)),
        dots=dots,
        line=broken_line([(x, None if value is None else y(value)) for x, value in zip(places, seen, strict=True)]),
        middle=middle,
        middle_words="" if chart.middle is None else f"middle {chart.middle:.0f}",
        middle_words_y=0.0 if middle is None else clear_of(dots, middle),
    )  # fmt: skip


def clear_of(dots: Sequence[Dot], middle: float) -> float:
    """Above the middle at the right edge, or below it where the last dots lie above."""
    near = [dot.y for dot in dots if dot.x > WIDTH - RIGHT - NAME_WIDTH]
    above, below = middle - NAME_UP, middle + NAME_DOWN
    lie_above = sum(y < middle for y in near) > len(near) / 2
    return below if lie_above and below < RUN_HEIGHT - BOTTOM else above


def broken_line(places: list[tuple[float, float | None]]) -> str:
    line, pen = "", "M"
    for x, y in places:
        if y is None:
            pen = "M"
        else:
            line, pen = f"{line}{pen}{x} {y}", "L"
    return line
