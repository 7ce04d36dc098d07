"""The calibration plot as SVG: same input, same text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

WIDTH, HEIGHT, LEFT, TOP, SIDE = 620, 400, 56, 20, 330
INK, QUIET, LINE = "#1d2530", "#5b6673", "#d6dce3"
COLOURS = ("#0b62a8", "#9a4a00", "#3d7a37", "#7a3d8a")
DASHES = ("", "6 3", "2 3", "9 3 2 3")
Rows = Sequence[tuple[float, float, int]]


def calibration(arms: dict[str, Rows]) -> str:
    """What was said across, what happened up; the diagonal is where both are the same."""
    parts = [*frame(), *(part for place, (name, rows) in enumerate(arms.items()) for part in arm(place, name, rows))]
    title = "Calibration of the forecast: how likely it was said to be, and how often it was so"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="12"><title>{title}</title>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>{"".join(parts)}</svg>\n'
    )


def x(share: float) -> float:
    return round(LEFT + SIDE * share, 1)


def y(share: float) -> float:
    return round(TOP + SIDE * (1 - share), 1)


def frame() -> Iterator[str]:
    for percent in range(0, 101, 20):
        share = percent / 100
        yield f'<path d="M{x(0)} {y(share)}H{x(1)}M{x(share)} {y(0)}V{y(1)}" stroke="{LINE}"/>'
        yield f'<text x="{LEFT - 8}" y="{y(share) + 4}" text-anchor="end" fill="{QUIET}">{percent}</text>'
        yield f'<text x="{x(share)}" y="{TOP + SIDE + 18}" text-anchor="middle" fill="{QUIET}">{percent}</text>'
    yield f'<path d="M{x(0)} {y(0)}L{x(1)} {y(1)}" stroke="{QUIET}"/>'
    middle = LEFT + SIDE / 2
    yield f'<text x="{middle}" y="{TOP + SIDE + 38}" text-anchor="middle" fill="{INK}">said to be likely, %</text>'
    place = f"14 {TOP + SIDE / 2}"
    yield f'<text transform="translate({place}) rotate(-90)" text-anchor="middle" fill="{INK}">happened, %</text>'


def arm(place: int, name: str, rows: Rows) -> Iterator[str]:
    colour, dash = COLOURS[place % len(COLOURS)], DASHES[place % len(DASHES)]
    points = " ".join(f"{x(said)},{y(happened)}" for said, happened, _ in rows)
    yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
    for said, happened, _ in rows:
        yield f'<circle cx="{x(said)}" cy="{y(happened)}" r="3" fill="{colour}"/>'
    level, right = TOP + 14 + 22 * place, LEFT + SIDE + 16
    yield f'<path d="M{right} {level - 4}h26" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
    yield f'<text x="{right + 34}" y="{level}" fill="{INK}">{escape(name)}</text>'
