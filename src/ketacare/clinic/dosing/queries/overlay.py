"""Courses laid over one another: where each band and line lies in the picture, and the numbers beneath it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from math import floor, isinf, log10
from typing import Any

from ketacare.clinic.dosing.queries.predicting import Planned
from ketacare.medicine.dosing.rules.choices import Way
from ketacare.medicine.dosing.rules.on_board import OnBoard
from ketacare.medicine.pharmacology import reader
from ketacare.medicine.pharmacology.exponentials import Array
from ketacare.medicine.pharmacology.predictions import Curve, Prediction, predict
from ketacare.medicine.pharmacology.summaries import Percentiles
from ketacare.medicine.pharmacology.terms import Band, Route

LETTERS = "ABC"
SIZE = 1000  # the picture's own units in both directions; the page stretches them
WHOLE = 10  # from here on a number is written without decimals
LEAST = 0.05  # below this it is 0
LINES = 5
BAND_WORDS = {
    Band.TRUE: "true concentrations: how people differ (5th to 95th percentile)",
    Band.MEASURED: "measured values: how people and measurements differ (5th to 95th percentile)",
}
INDEX = "dissociation_index"
AT_END = "concentration_at_end_ng_per_ml"


@dataclass(frozen=True)
class Drawn:
    """One course in the picture: a band and a line as points; `style` says which stroke and colour."""

    letter: str
    style: str
    band: str
    line: str
    words: str


@dataclass(frozen=True)
class Readout:
    """What one course says at every minute of the ruler, in words and in heights (percent from the top)."""

    letter: str
    style: str
    words: str
    values: tuple[str, ...]
    spreads: tuple[str, ...]
    indexes: tuple[str, ...]
    heights: tuple[float, ...]


@dataclass(frozen=True)
class Ruler:
    """The picture read off at one minute: `start` is the place of A's highest value."""

    minutes: tuple[int, ...]
    start: int
    courses: tuple[Readout, ...]

    @property
    def step(self) -> int:
        return self.minutes[1] - self.minutes[0]

    @property
    def data(self) -> dict[str, Any]:
        """For the script that moves it."""
        return asdict(self)


@dataclass(frozen=True)
class Picture:
    """`minutes` and `levels` are the marks of the axes: place in percent and what is written there."""

    drawn: tuple[Drawn, ...]
    minutes: tuple[tuple[float, str], ...]
    levels: tuple[tuple[float, str], ...]
    caption: str
    now: float | None = None
    ruler: Ruler | None = None


class Scale:
    """From minutes and ng/mL to places; both axes begin at 0."""

    def __init__(self, curves: Iterable[Curve]) -> None:
        shown = list(curves)
        self.end = max(float(curve.times[-1]) for curve in shown)
        tops = [float((curve.typical if curve.p95 is None else curve.p95).max()) for curve in shown]
        self.levels = ticks(max([*tops, 1.0]))
        self.top = self.levels[-1]

    def x(self, minute: float) -> float:
        return SIZE * minute / self.end

    def y(self, level: float) -> float:
        return SIZE * (1 - level / self.top)

    def points(self, times: Array, values: Array) -> str:
        return " ".join(f"{self.x(t):.1f},{self.y(v):.1f}" for t, v in zip(times, values, strict=True))

    def band(self, curve: Curve) -> str:
        if curve.p05 is None or curve.p95 is None:
            return ""
        return f"{self.points(curve.times, curve.p95)} {self.points(curve.times[::-1], curve.p05[::-1])}"

    def line(self, curve: Curve) -> str:
        return self.points(curve.times, middle(curve))

    @property
    def minute_marks(self) -> tuple[tuple[float, str], ...]:
        step = next((one for one in (10, 20, 30, 60, 120, 240) if self.end / one <= 9), 480)
        return tuple((100 * mark / self.end, str(mark)) for mark in range(0, int(self.end) + 1, step))

    @property
    def level_marks(self) -> tuple[tuple[float, str], ...]:
        return tuple((100 * (1 - level / self.top), f"{level:g}") for level in self.levels)


def ticks(most: float) -> list[float]:
    """Round numbers from 0 to the first at or above `most`."""
    rough = most / LINES
    size = 10 ** floor(log10(rough))
    step = next(one * size for one in (1, 2, 2.5, 5, 10) if one * size >= rough * 0.999999)
    count = int(-(-most // step))
    return [step * number for number in range(count + 1)]


def middle(curve: Curve) -> Array:
    return curve.typical if curve.p50 is None else curve.p50


def picture(shown: Sequence[Planned], earlier: Sequence[tuple[str, Curve]] = ()) -> Picture | None:
    """The overlaid bands of the regimens that have a course, and earlier doses as faint lines."""
    found = [(LETTERS[n], one.choice.words, one.prediction) for n, one in enumerate(shown) if one.prediction]
    if not found:
        return None
    curves = [prediction.curves["ketamine"] for _, _, prediction in found]
    scale = Scale([*curves, *(curve for _, curve in earlier)])
    ghosts = [Drawn("", "earlier", scale.band(curve), scale.line(curve), words) for words, curve in earlier]
    drawn = [
        Drawn(letter, letter.lower(), scale.band(curve), scale.line(curve), words)
        for (letter, words, _), curve in zip(found, curves, strict=True)
    ]
    said = " ".join(dict.fromkeys(caption(prediction) for _, _, prediction in found))
    ruler = ruled(found, earlier, scale)
    return Picture((*ghosts, *drawn), scale.minute_marks, scale.level_marks, said, ruler=ruler)


def ruled(found: Sequence[tuple[str, str, Prediction]], earlier: Sequence[tuple[str, Curve]], scale: Scale) -> Ruler:
    """Every course of the picture, to be read off at any minute of its grid."""
    times = found[0][2].curves["ketamine"].times
    courses = [
        readout((letter, letter.lower(), words), prediction.curves["ketamine"], prediction.curves.get(INDEX), scale)
        for letter, words, prediction in found
    ]
    ghosts = [readout(("", "earlier", words), curve, None, scale) for words, curve in earlier]
    start = int(middle(found[0][2].curves["ketamine"]).argmax())
    return Ruler(tuple(int(time) for time in times), start, (*courses, *ghosts))


def readout(name: tuple[str, str, str], curve: Curve, index: Curve | None, scale: Scale) -> Readout:
    values = middle(curve)
    bounds = () if curve.p05 is None or curve.p95 is None else tuple(zip(curve.p05, curve.p95, strict=True))
    return Readout(
        *name,
        values=tuple(amount(value) for value in values),
        spreads=tuple(f"{amount(low)} to {amount(high)}" for low, high in bounds),
        indexes=() if index is None else tuple(index_at(index, place) for place in range(len(index.times))),
        heights=tuple(round(scale.y(value) * 100 / SIZE, 1) for value in values),
    )


def caption(prediction: Prediction) -> str:
    """Which model, which blood and which band: what no picture may be without."""
    sites = " and ".join(dict.fromkeys(f"{one.site} blood" for one in prediction.by))
    names = " and ".join(f"{one.model.id} {one.model.header.version}" for one in prediction.by)
    banded = prediction.curves["ketamine"].p50 is not None
    band = f"Band: {BAND_WORDS[prediction.case.band]}." if banded else "No band: only the typical course is published."
    return f"{sites[:1].upper()}{sites[1:]}, by {names}. {band}"


# --- the numbers beneath ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One number of every regimen: the middle and its range, or words where there is none."""

    label: str
    unit: str
    cells: tuple[tuple[str, str], ...]


def rows(shown: Sequence[Planned], level_words: str) -> list[Row]:
    until = max((one.prediction.case.times_min[-1] for one in shown if one.prediction), default=0)
    asked = [
        ("Highest concentration (Cmax)", "ng/mL", "cmax_ng_per_ml"),
        ("Reached at (Tmax)", "min", "tmax_min"),
        ("At the end of the dose", "ng/mL", AT_END),
        (f"Area under the course, 0 to {until:g} min (AUC)", "ng·h/mL", "auc_0_t_ng_h_per_ml"),
        (level_words, "min", "below_level_from_min"),
    ]
    found = [Row(label, unit, tuple(number(one, name) for one in shown)) for label, unit, name in asked]
    return [*found, *index_rows(shown)]


def number(one: Planned, name: str) -> tuple[str, str]:
    if one.prediction is None or name not in one.prediction.summary:
        return ("–", "")
    if name == AT_END and all(dose.start_min + dose.duration_min == 0 for dose in one.prediction.case.regimen):
        return ("–", "given at once, nothing is in blood yet")
    return in_words(one.prediction.summary[name], one.prediction.case.times_min[-1])


def in_words(value: Percentiles, until: float) -> tuple[str, str]:
    """204 and 143 to 289; a time that never comes is said so."""
    centre = value.typical if value.p50 is None else value.p50
    if isinf(centre):
        return (f"not within {until:g}", "")
    if value.p05 is None or value.p95 is None:
        return (amount(centre), "")
    if isinf(value.p95):
        return (amount(centre), f"{amount(value.p05)} to over {until:g}")
    return (amount(centre), f"{amount(value.p05)} to {amount(value.p95)}")


def amount(value: float) -> str:
    """One decimal where a whole number would say too little, and never one that says nothing."""
    return f"{value:.0f}" if value >= WHOLE or value < LEAST else f"{value:.1f}"


def index_rows(shown: Sequence[Planned]) -> list[Row]:
    """The dissociation index where it is published: its highest value with its range, and when."""
    highest, when = [], []
    for one in shown:
        curve = None if one.prediction is None else one.prediction.curves.get(INDEX)
        if curve is None:
            highest.append(("–", observed(one)))
            when.append(("–", ""))
            continue
        place = int(middle(curve).argmax())
        spread = "" if curve.p05 is None or curve.p95 is None else f"{curve.p05[place]:.2f} to {curve.p95[place]:.2f}"
        highest.append((f"{middle(curve)[place]:.2f}", spread))
        when.append((f"{curve.times[place]:.0f}", ""))
    return [
        Row("Dissociation index at its highest (0 to 1; no score)", "1", tuple(highest)),
        Row("Dissociation index highest at", "min", tuple(when)),
    ]


def observed(one: Planned) -> str:
    """What was seen of nasal esketamine, where no effect model follows venous blood."""
    if one.prediction is None or one.choice.way.product is None:
        return ""
    seen = reader.effect_figures("nasal_dissociation").get(f"at_{one.mass.amount.normalize():f}_mg")
    return "" if seen is None else f"not modelled; in trials {seen.value} % met the criterion"


def course_rows(shown: Sequence[Planned], every: int = 20) -> list[tuple[str, ...]]:
    """The courses as a table: a row each so many minutes."""
    predictions = [one.prediction for one in shown if one.prediction]
    times = predictions[0].case.times_min if predictions else ()
    return [
        (f"{minute:g} min", *(cell for prediction in predictions for cell in cells_at(prediction, place)))
        for place, minute in enumerate(times)
        if minute % every == 0
    ]


def cells_at(prediction: Prediction, place: int) -> tuple[str, str]:
    curve, index = prediction.curves["ketamine"], prediction.curves.get(INDEX)
    spread = "" if curve.p05 is None or curve.p95 is None else f" ({curve.p05[place]:.0f} to {curve.p95[place]:.0f})"
    return (
        f"{middle(curve)[place]:.0f}{spread} ng/mL",
        "–" if index is None else index_at(index, place),
    )


def index_at(index: Curve, place: int) -> str:
    """Never without its range (H18)."""
    spread = "" if index.p05 is None or index.p95 is None else f" ({index.p05[place]:.2f} to {index.p95[place]:.2f})"
    return f"{middle(index)[place]:.2f}{spread}"


# --- how far models disagree ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Other:
    """What one published model says: whose blood, and its typical course at some minutes."""

    name: str
    site: str
    words: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Others:
    minutes: tuple[float, ...]
    rows: tuple[Other, ...]


MINUTES_AFTER = (0, 40, 70)  # after the end of the dose


def other_models(one: Planned) -> Others | None:
    """Every model that knows the drug and the route, at the end of the dose and after it."""
    if one.prediction is None:
        return None
    case = one.prediction.case
    end = max(dose.start_min + dose.duration_min for dose in case.regimen)
    minutes = tuple(end + later for later in MINUTES_AFTER)
    rows = []
    for model in reader.models():
        if all(dose.drug in model.drugs and dose.route in model.routes for dose in case.regimen):
            typical = replace(case, model=model.id, patients=1, times_min=minutes, effects=False)
            found = predict(typical)
            values = tuple(f"{value:.0f}" for value in found.curves["ketamine"].typical)
            warned = "" if model.for_clinics else "not for a clinic"
            rows.append(Other(model.id, str(found.by[0].site), warned, values))
    return Others(minutes, tuple(rows)) if len(rows) > 1 else None


# --- what must be read with them --------------------------------------------------------------------------------------


def reservations(shown: Sequence[Planned]) -> list[str]:
    """Every reservation of every course, once. What is poorly known comes with the word."""
    found = [words for one in shown if one.prediction for words in one.prediction.warnings]
    return list(dict.fromkeys(found))


def poorly_known(one: Planned) -> str:
    """The words that stand beside a regimen whose figures are weak."""
    if one.prediction is None:
        return ""
    return poorly_known_by(one.choice.way, one.board)


def poorly_known_by(way: Way, board: OnBoard) -> str:
    racemic_nose = way.route is Route.IN and way.product is None
    swallowed = way.route in (Route.PO, Route.SL, Route.IM)
    unsure = any(item.grade.value in "MD" for item in board.changing)
    if racemic_nose:
        return "poorly known: published shares that reach plasma conflict"
    if swallowed:
        return "poorly known: absorption chosen against few volunteers"
    return "poorly known: the size of the interaction is unconfirmed" if unsure else ""
