"""Draws a prediction as SVG: band, middle and typical course, axes with units, and what the picture must say.

The words "predicted, not measured", the band that is drawn and where blood is drawn are part of the picture.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import floor, log10
from xml.sax.saxutils import escape

from ketacare.medicine.pharmacology.exponentials import Array
from ketacare.medicine.pharmacology.predictions import Curve, Prediction
from ketacare.medicine.pharmacology.terms import Band, Route

WIDTH, HEIGHT = 860, 480
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 24, 76, 92
_TICKS, _MOST_MINUTE_TICKS = 6, 10
_INK, _QUIET, _LINES = "#1f2933", "#52606d", "#d9e0e6"
_BAND_WORDS = {
    Band.TRUE: "band: 5th to 95th percentile of true concentrations (how people differ)",
    Band.MEASURED: "band: 5th to 95th percentile of measured values (how people and measurements differ)",
}
_BAND_WORDS_ONE = {
    Band.TRUE: "band: 5th to 95th percentile of what the measurements leave open for this person",
    Band.MEASURED: "band: 5th to 95th percentile of what another measurement in this person would show",
}


@dataclass(frozen=True, slots=True)
class _Style:
    line: str
    band: str
    dashes: str = ""


# The first is drawn first, and so lies beneath.
_STYLES = {
    "norketamine": _Style("#6b5b2e", "#e6dfc8", ' stroke-dasharray="7 4"'),
    "ketamine": _Style("#2b4c7e", "#c8d5e6"),
}


@dataclass(frozen=True, slots=True)
class Dot:
    """What was measured: of which curve, when, how much in ng/mL; `below` where it is only known to lie under that."""

    curve: str
    minute: float
    ng_per_ml: float
    below: bool = False


def drawn(prediction: Prediction, dots: Sequence[Dot] = ()) -> str:
    """The picture as SVG text, with what was measured as dots."""
    scale = _Scale(prediction, dots)
    parts = [*_frame(prediction, scale), *_doses(prediction, scale)]
    shown = [(prediction.curves[name], style) for name, style in _STYLES.items() if name in prediction.curves]
    for curve, style in shown:
        parts += _band(curve, scale, style)
    for curve, style in shown:
        parts += _line(curve, scale, style)
    parts += _dots(dots, scale)
    parts += _legend(prediction, measured=bool(dots))
    title = f"Predicted course: {_by(prediction)}"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-family="sans-serif">'
    )
    return "\n".join(
        [
            head,
            f"<title>{escape(title)}</title>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            *parts,
            "</svg>\n",
        ]
    )


class _Scale:
    """From minutes and ng/mL to places in the picture; both axes begin at 0."""

    def __init__(self, prediction: Prediction, dots: Sequence[Dot]) -> None:
        case = prediction.case
        given = [dose.start_min + dose.duration_min for dose in case.regimen]
        end = max(case.times_min[-1], *given, *(dot.minute for dot in dots), 1.0)
        tops = [_top(prediction.curves[name]) for name in ("ketamine", "norketamine") if name in prediction.curves]
        self.minutes = _minutes(end)
        self.levels = _ticks(max([*tops, *(dot.ng_per_ml for dot in dots), 1.0]) * 1.05)
        self.end, self.top = end, self.levels[-1]

    def x(self, minute: float) -> float:
        return _LEFT + minute / self.end * (WIDTH - _LEFT - _RIGHT)

    def y(self, level: float) -> float:
        return HEIGHT - _BOTTOM - level / self.top * (HEIGHT - _TOP - _BOTTOM)


def _top(curve: Curve) -> float:
    return float(max(values.max() for values in (curve.typical, curve.p95) if values is not None))


def _minutes(end: float) -> list[float]:
    """Every so many minutes as a clock counts them; hours and days in whole hours."""
    step = next((one for one in (5, 10, 15, 30, 60, 120, 240) if end / one <= _MOST_MINUTE_TICKS), 1440)
    return [float(step * number) for number in range(int(end // step) + 1)]


def _ticks(most: float) -> list[float]:
    """Round numbers from 0 to the first at or above `most`."""
    rough = most / _TICKS
    size = 10 ** floor(log10(rough))
    step = next(one * size for one in (1, 2, 2.5, 5, 10) if one * size >= rough)
    count = int(-(-most // step))
    return [step * number for number in range(count + 1)]


def _frame(prediction: Prediction, scale: _Scale) -> Iterator[str]:
    right, floor_y = WIDTH - _RIGHT, HEIGHT - _BOTTOM
    yield _text(_LEFT, 26, "Predicted, not measured", size=17, weight="bold")
    yield _text(_LEFT, 46, f"{_by(prediction)}. {_given(prediction)}", fill=_QUIET)
    if prediction.case.conditions:
        on_board = f"with {', '.join(prediction.case.conditions)}".replace("_", " ")
        yield _text(right, 26, on_board, anchor="end")
    for level in scale.levels:
        y = scale.y(level)
        yield f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="{_LINES}"/>'
        yield _text(_LEFT - 8, y + 4, f"{level:g}", anchor="end")
    for minute in scale.minutes:
        x = scale.x(minute)
        yield f'<line x1="{x:.1f}" y1="{floor_y}" x2="{x:.1f}" y2="{floor_y + 5}" stroke="{_INK}"/>'
        yield _text(x, floor_y + 20, f"{minute:g}", anchor="middle")
    yield f'<line x1="{_LEFT}" y1="{floor_y}" x2="{right}" y2="{floor_y}" stroke="{_INK}"/>'
    yield _text((_LEFT + right) / 2, floor_y + 38, "minutes from the first dose", anchor="middle", fill=_QUIET)
    middle = (_TOP + floor_y) / 2
    yield _text(18, middle, "concentration (ng/mL)", anchor="middle", fill=_QUIET, turn=f"rotate(-90 18 {middle:.1f})")


def _doses(prediction: Prediction, scale: _Scale) -> Iterator[str]:
    """What is given and when, along the top edge."""
    for dose in prediction.case.regimen:
        x, end = scale.x(dose.start_min), scale.x(dose.start_min + dose.duration_min)
        yield f'<rect x="{x:.1f}" y="{_TOP - 14}" width="{max(end - x, 3):.1f}" height="6" fill="{_QUIET}"/>'


def _band(curve: Curve, scale: _Scale, style: _Style) -> Iterator[str]:
    if curve.p05 is not None and curve.p95 is not None:
        edge = f"{_points(curve.times, curve.p95, scale)} {_points(curve.times[::-1], curve.p05[::-1], scale)}"
        yield f'<polygon points="{edge}" fill="{style.band}" fill-opacity="0.7"/>'


def _line(curve: Curve, scale: _Scale, style: _Style) -> Iterator[str]:
    middle = curve.typical if curve.p50 is None else curve.p50
    points = _points(curve.times, middle, scale)
    yield f'<polyline points="{points}" fill="none" stroke="{style.line}" stroke-width="2.2"{style.dashes}/>'


def _dots(dots: Sequence[Dot], scale: _Scale) -> Iterator[str]:
    """Filled where a value was measured, hollow at the limit it lay under."""
    for dot in dots:
        colour = _STYLES[dot.curve].line
        place = f'cx="{scale.x(dot.minute):.1f}" cy="{scale.y(dot.ng_per_ml):.1f}" r="4.5"'
        yield f'<circle {place} fill="{"#fff" if dot.below else colour}" stroke="{colour}" stroke-width="2"/>'


def _points(times: Array, values: Array, scale: _Scale) -> str:
    return " ".join(f"{scale.x(t):.1f},{scale.y(v):.1f}" for t, v in zip(times, values, strict=True))


def _legend(prediction: Prediction, *, measured: bool) -> Iterator[str]:
    banded = prediction.curves["ketamine"].p50 is not None
    kind = "median" if banded else "typical"
    y = HEIGHT - 34
    for place, name in enumerate(sorted(prediction.curves.keys() & _STYLES.keys())):
        x, style = _LEFT + place * _LEGEND_WIDTH, _STYLES[name]
        line = f'<line x1="{x}" y1="{y - 4}" x2="{x + 34}" y2="{y - 4}" stroke="{style.line}" stroke-width="2.2"'
        yield f"{line}{style.dashes}/>"
        yield _text(x + 42, y, f"{name}, {kind}")
    if measured:
        yield _text(_LEFT + 2 * _LEGEND_WIDTH + 30, y, "dots: measured (hollow: under its limit)")
    sites = " and ".join(dict.fromkeys(f"{one.site} blood" for one in prediction.by))
    band = _BAND_WORDS_ONE if measured else _BAND_WORDS
    words = band[prediction.case.band] if banded else "no band: only the typical course"
    yield _text(_LEFT, HEIGHT - 12, f"{sites}; {words}", fill=_QUIET)


def _by(prediction: Prediction) -> str:
    return " and ".join(f"{one.model.id} {one.model.header.version}" for one in prediction.by)


def _given(prediction: Prediction) -> str:
    case = prediction.case
    doses = "; ".join(
        f"{dose.drug} {dose.dose_mg:g} mg {_ROUTES[dose.route]} at {dose.start_min:g}"
        + (f" over {dose.duration_min:g}" if dose.duration_min else "")
        + " min"
        for dose in case.regimen[:_MOST_TOLD]
    )
    more = len(case.regimen) - _MOST_TOLD
    return f"{case.patient.weight_kg:g} kg. {doses}" + (f"; and {more} more" if more > 0 else "")


_ROUTES = {
    Route.IV: "into a vein",
    Route.IM: "into a muscle",
    Route.IN: "into the nose",
    Route.PO: "by mouth",
    Route.SL: "under the tongue",
}
_MOST_TOLD = 2
_LEGEND_WIDTH = 190


def _text(
    x: float, y: float, words: str, *, size: int = 13, anchor: str = "start", fill: str = _INK, **more: str
) -> str:
    weight = f' font-weight="{more["weight"]}"' if "weight" in more else ""
    turn = f' transform="{more["turn"]}"' if "turn" in more else ""
    place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{fill}"'
    return f"<text {place}{weight}{turn}>{escape(words)}</text>"
