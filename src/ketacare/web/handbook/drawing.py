"""Small figures for the handbook as SVG: curves with a band and dots, and ratios on a line. Same input, same text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT, WIDE = 560, 300, 700
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 34, 40
INK, QUIET, LINE = "#1d2530", "#5b6673", "#d6dce3"
COLOURS = ("#0b62a8", "#9a4a00")
ROW = 24
Scaled = Callable[[float], float]


@dataclass(frozen=True)
class Series:
    """A predicted course with its band, and what was observed: (minute, value) pairs."""

    name: str
    times: Sequence[float]
    typical: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    seen: Sequence[tuple[float, float]]


def curves(title: str, unit: str, series: Sequence[Series]) -> str:
    """Courses over time on a logarithmic scale of concentration."""
    last = max(max(one.times) for one in series)
    least = min(value for one in series for _, value in one.seen) / 2
    most = max(max(one.high) for one in series)
    decades = range(floor(log10(least)), ceil(log10(most)) + 1)

    def x(minute: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * minute / last

    def y(value: float) -> float:
        low, high = decades[0], decades[-1]
        share = (log10(max(value, 10.0**low)) - low) / (high - low)
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share

    parts = [*axes(unit, last, decades, x, y), words(LEFT, 18, title, weight="600")]
    for place, (one, colour) in enumerate(zip(series, COLOURS, strict=False)):
        edge = [*zip(one.times, one.high, strict=True), *reversed([*zip(one.times, one.low, strict=True)])]
        band = " ".join(f"{x(minute):.1f},{y(value):.1f}" for minute, value in edge)
        line = " ".join(f"{x(m):.1f},{y(v):.1f}" for m, v in zip(one.times, one.typical, strict=True))
        parts.append(f'<polygon points="{band}" fill="{colour}" fill-opacity="0.13"/>')
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.8"/>')
        parts += [dot(x(minute), y(value), colour) for minute, value in one.seen]
        parts.append(words(WIDTH - RIGHT - 6, TOP + 14 + 16 * place, one.name, colour=colour, anchor="end"))
    return picture(WIDTH, HEIGHT, title, parts)


def axes(unit: str, last: float, decades: range, x: Scaled, y: Scaled) -> Iterable[str]:
    for power in decades:
        level = y(10.0**power)
        yield f'<path d="M{LEFT} {level:.1f}H{WIDTH - RIGHT}" stroke="{LINE}"/>'
        yield words(LEFT - 6, level + 4, f"{10.0**power:g}", size=11, anchor="end", colour=QUIET)
    step = next(step for step in (30, 60, 120, 240) if last / step <= 8)
    for minute in range(0, int(last) + 1, step):
        yield words(x(minute), HEIGHT - BOTTOM + 18, str(minute), size=11, anchor="middle", colour=QUIET)
    yield words(LEFT, HEIGHT - 6, f"{unit}, logarithmic", size=11, colour=QUIET)
    yield words(WIDTH - RIGHT, HEIGHT - 6, "minutes", size=11, anchor="end", colour=QUIET)


def ratios(title: str, rows: Sequence[tuple[str, float, bool | None]], factor: float | None) -> str:
    """Predicted over observed, a row each, from a third to three; the bar shaded; a hollow dot where none is asked."""
    height = TOP + ROW * len(rows) + 34
    start, end = 380, WIDE - RIGHT

    def x(ratio: float) -> float:
        share = (log10(min(max(ratio, 1 / 3), 3)) + log10(3)) / (2 * log10(3))
        return start + (end - start) * share

    foot = height - 34
    parts = [
        words(16, 18, title, weight="600"),
        f'<path d="M{x(1):.1f} {TOP - 4}V{foot}" stroke="{QUIET}"/>',
    ]
    if factor is not None:
        shade = (
            f'x="{x(1 / factor):.1f}" y="{TOP - 4}" width="{x(factor) - x(1 / factor):.1f}" height="{foot - TOP + 4}"'
        )
        parts.append(f'<rect {shade} fill="{COLOURS[0]}" fill-opacity="0.10"/>')
    for place, (name, ratio, meets) in enumerate(rows):
        level = TOP + ROW * place + 14
        parts.append(words(16, level, name, size=12))
        parts.append(dot(x(ratio), level - 4, COLOURS[0] if meets else COLOURS[1], hollow=meets is None))
    for ratio, told in ((1 / 3, "⅓"), (0.5, "½"), (1, "1"), (2, "2"), (3, "3")):
        parts.append(words(x(ratio), foot + 16, told, size=11, anchor="middle", colour=QUIET))
    parts.append(words(end, height - 4, "predicted ÷ observed", size=11, anchor="end", colour=QUIET))
    return picture(WIDE, height, title, parts)


def dot(x: float, y: float, colour: str, *, hollow: bool = False) -> str:
    fill = "#ffffff" if hollow else colour
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{fill}" stroke="{colour}" stroke-width="1.5"/>'


def words(
    x: float, y: float, text: str, *, size: int = 13, anchor: str = "start", colour: str = INK, weight: str = "400"
) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" fill="{colour}" text-anchor="{anchor}"'
    return f"<text {place}>{escape(text)}</text>"


def picture(width: int, height: int, title: str, parts: Iterable[str]) -> str:
    """The parts on white, so that a dark page shows them as a light one does; the title is read aloud."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    body = "\n".join(parts)
    label = escape(title, quote=True)
    return (
        f'{head} font-family="Inter, system-ui, sans-serif" role="img" aria-label="{label}">\n'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n{body}\n</svg>\n'
    )
