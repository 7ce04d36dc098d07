"""Places in the picture of a course: every scale above the next on one axis of time, and beneath them what was done.

Pure: values in, numbers out. Times are days from a moment that the caller names; the picture needs no script.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

WIDTH, LEFT, RIGHT, TOP = 960, 118, 22, 8
PANEL, GAP, LANE, AXIS = 118, 30, 24, 26
SMALL, LARGE = 3.5, 8.0
TARGET_TICKS = 10
STEPS = (1, 2, 7, 14, 28, 56, 91, 182)
Level = Callable[[float], float]
ABOVE = 12  # what is missing stands above the frame: on its edge it would be read as the worst value
NARROW = 34.0  # a dose needs so much width for its number


@dataclass(frozen=True)
class Dot:
    """One score; without a value it was asked for and did not come, or not whole."""

    day: float
    value: float | None
    words: str
    edition: str = ""
    overlaps: bool = False


@dataclass(frozen=True)
class Rule:
    value: float
    words: str


@dataclass(frozen=True)
class Ahead:
    """The expected course, with its interval."""

    day: Sequence[float]
    middle: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]


@dataclass(frozen=True)
class Panel:
    id: str
    name: str
    least: float
    most: float
    dots: Sequence[Dot]
    rules: Sequence[Rule] = ()
    bands: Sequence[tuple[float, float, str]] = ()
    ahead: Ahead | None = None


@dataclass(frozen=True)
class Mark:
    """Something done: at one moment, or from and to. `mg` gives its size."""

    day: float
    words: str
    label: str = ""
    until: float | None = None
    mg: float | None = None
    planned: bool = False


@dataclass(frozen=True)
class Lane:
    name: str
    kind: str  # dose | stay | tick | diamond
    marks: Sequence[Mark]


@dataclass(frozen=True)
class Spot:
    x: float
    y: float
    words: str
    kind: str  # score | overlaps | older | missing
    radius: float = 4.0


@dataclass(frozen=True)
class Text:
    x: float
    y: float
    words: str


@dataclass(frozen=True)
class Line:
    """A level with its name, and where the name stands."""

    y: float
    name_y: float
    words: str


@dataclass(frozen=True)
class Stripe:
    y: float
    height: float
    words: str
    shade: float


@dataclass(frozen=True)
class DrawnPanel:
    name: str
    top: float
    bottom: float
    lines: tuple[str, ...]
    spots: tuple[Spot, ...]
    rules: tuple[Line, ...]
    stripes: tuple[Stripe, ...]
    levels: tuple[Text, ...]
    band: str
    middle: str
    last: Text | None


@dataclass(frozen=True)
class DrawnLane:
    name: str
    kind: str
    y: float
    marks: tuple[tuple[Mark, float, float, float], ...]  # with x, width, radius
    labels: tuple[Text, ...]


@dataclass(frozen=True)
class Picture:
    width: int
    height: float
    left: float
    right: float
    panels: tuple[DrawnPanel, ...]
    lanes: tuple[DrawnLane, ...]
    ticks: tuple[Text, ...]
    doses: tuple[float, ...]
    now: float | None
    window: tuple[float, float] | None
    axis: float
    bottom: float


@dataclass(frozen=True)
class Scale:
    """From days to the picture."""

    first: float
    last: float

    def x(self, day: float) -> float:
        share = (day - self.first) / (self.last - self.first)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def picture(
    panels: Sequence[Panel],
    lanes: Sequence[Lane],
    ticks: Sequence[tuple[float, str]],
    *,
    span: tuple[float, float],
    now: float | None = None,
    window: tuple[float, float] | None = None,
) -> Picture:
    scale = Scale(*span)
    found, y = [], float(TOP)
    for panel in panels:
        found.append(drawn(panel, scale, y + GAP - 8))
        y += GAP + PANEL
    axis = y + 6
    rows = [lane_of(lane, scale, axis + LANE * (place + 0.5)) for place, lane in enumerate(lanes)]
    bottom = axis + LANE * len(rows)
    starts = [mark.day for lane in lanes if lane.kind == "dose" for mark in lane.marks if not mark.planned]
    return Picture(
        width=WIDTH, height=bottom + AXIS, left=LEFT, right=WIDTH - RIGHT, panels=tuple(found), lanes=tuple(rows),
        ticks=tuple(Text(scale.x(day), bottom + 17, words) for day, words in ticks),
        doses=tuple(scale.x(day) for day in starts),
        now=scale.x(now) if now is not None and span[0] <= now <= span[1] else None,
        window=None if window is None else (scale.x(max(window[0], span[0])), scale.x(min(window[1], span[1]))),
        axis=axis, bottom=bottom,
    )  # fmt: skip


def step_for(days: float) -> int:
    """Days between two dates under the picture."""
    return next((step for step in STEPS if days / step <= TARGET_TICKS), STEPS[-1])


def drawn(panel: Panel, scale: Scale, top: float) -> DrawnPanel:
    bottom = top + PANEL

    def y(value: float) -> float:
        share = (value - panel.least) / (panel.most - panel.least)
        return round(bottom - max(0.0, min(1.0, share)) * PANEL, 1)

    stripes = tuple(
        Stripe(y(min(high, panel.most)), round(y(low) - y(min(high, panel.most)), 1), words, 0.02 + 0.035 * place)
        for place, (low, high, words) in enumerate(panel.bands)
    )
    known = [dot for dot in panel.dots if dot.value is not None]
    last = known[-1] if known else None
    return DrawnPanel(
        name=panel.name,
        top=top,
        bottom=bottom,
        lines=tuple(lines(panel.dots, scale, y)),
        spots=tuple(spot(dot, panel, scale, y, top) for dot in panel.dots),
        rules=tuple(named(panel.rules, y)),
        stripes=stripes,
        levels=tuple(Text(LEFT - 8, y(value), f"{value:g}") for value in (panel.least, panel.most)),
        band=band(panel.ahead, scale, y) if panel.ahead else "",
        middle=path((scale.x(day), y(value)) for day, value in zip(panel.ahead.day, panel.ahead.middle, strict=True))
        if panel.ahead
        else "",
        last=Text(scale.x(last.day) + 9, y(last.value or 0.0) + 4, f"{last.value:g}") if last else None,
    )


def lines(dots: Sequence[Dot], scale: Scale, y: Level) -> Iterable[str]:
    """Each edition a line of its own; what is missing breaks it."""
    for edition in dict.fromkeys(dot.edition for dot in dots):
        run: list[tuple[float, float]] = []
        for dot in [*(one for one in dots if one.edition == edition or one.value is None), None]:
            if dot is None or dot.value is None:
                if len(run) > 1:
                    yield path(run)
                run = []
            else:
                run.append((scale.x(dot.day), y(dot.value)))


def path(places: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in places)


def band(ahead: Ahead, scale: Scale, y: Level) -> str:
    upper = [(scale.x(day), y(value)) for day, value in zip(ahead.day, ahead.high, strict=True)]
    lower = [(scale.x(day), y(value)) for day, value in zip(ahead.day, ahead.low, strict=True)]
    return path([*upper, *reversed(lower)]) + "Z"


def spot(dot: Dot, panel: Panel, scale: Scale, y: Level, top: float) -> Spot:
    if dot.value is None:
        return Spot(scale.x(dot.day), top - ABOVE, dot.words, "missing")
    newest = panel.dots[-1].edition if panel.dots else ""
    kind = "overlaps" if dot.overlaps else "older" if dot.edition != newest else "score"
    return Spot(scale.x(dot.day), y(dot.value), dot.words, kind)


def named(rules: Sequence[Rule], y: Level) -> Iterable[Line]:
    """Each name over its line, the lowest under its own: lines may lie close together."""
    ordered = sorted(rules, key=lambda rule: rule.value)
    for place, rule in enumerate(ordered):
        level = y(rule.value)
        yield Line(level, level + 13 if place == 0 and len(ordered) > 1 else level - 4, rule.words)


def lane_of(lane: Lane, scale: Scale, y: float) -> DrawnLane:
    most = max((mark.mg or 0.0 for mark in lane.marks), default=0.0)
    marks = []
    for mark in lane.marks:
        x = scale.x(mark.day)
        width = max(round(scale.x(mark.until) - x, 1), 6.0) if mark.until is not None else 0.0
        radius = SMALL + (LARGE - SMALL) * (mark.mg / most) if mark.mg and most else SMALL + 1
        marks.append((mark, x, width, round(radius, 1)))
    return DrawnLane(lane.name, lane.kind, round(y, 1), tuple(marks), tuple(labels(marks, y)))


def labels(marks: Sequence[tuple[Mark, float, float, float]], y: float) -> Iterable[Text]:
    """As many words as find room, the last always."""
    free = float("inf")
    for mark, x, _, _ in reversed(marks):
        if mark.label and x + NARROW <= free:
            yield Text(x + 10, y + 4, mark.label)
            free = x
