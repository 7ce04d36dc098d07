"""How far predictions may be trusted: every observed value beside its prediction, with a figure for each study."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ketacare.medicine.evidence.terms import Figure
from ketacare.medicine.pharmacology import bands, comparison
from ketacare.medicine.pharmacology.bands import Held, Percentile
from ketacare.medicine.pharmacology.comparison import Compared, Observed
from ketacare.web.handbook import drawing
from ketacare.web.handbook.markdown import page, table, written_from

FILE = "kinetics-validation.md"
TITLE = "Predictions beside what was observed"
WORDS = (
    "Every observed concentration that predictions are held against: observed, predicted, the ratio, whether the value "
    "was used to make the model, and the bar it must meet."
)
ANALYTES = {
    "ketamine": "ketamine",
    "norketamine": "norketamine",
    "s_ketamine": "S-ketamine",
    "s_norketamine": "S-norketamine",
    "hydroxynorketamine": "S-hydroxynorketamine",
}
METRICS = {
    "concentration": "concentration",
    "cmax": "peak",
    "auc": "area under the curve",
    "auc_by_dose": "area by dose",
    "fraction": "share that reaches blood",
    "clearance": "clearance",
    "auc_ratio": "area beside that without",
    "tmax_after_last": "peak after the last device",
}
ROUTES = {"iv": "vein", "im": "muscle", "in": "nose", "po": "mouth", "sl": "under the tongue", "film": "film"}
MEETS = {True: "yes", False: "**no**", None: "–"}


def pages() -> Iterator[tuple[str, str]]:
    """The page and its figures, by their place below `docs/`."""
    yield f"clinical/{FILE}", whole()
    for study in studies():
        yield f"pictures/{picture_of(study)}", figure(study)


def studies() -> Sequence[Mapping[str, Any]]:
    body: Mapping[str, Any] = comparison.sheet().body
    found: Sequence[Mapping[str, Any]] = body["studies"]
    return found


def rows_of(study: Mapping[str, Any]) -> list[Compared]:
    return [row for row in comparison.compared() if row.observed.study == study["id"]]


def picture_of(study: Mapping[str, Any]) -> str:
    return f"validation-{study['id'].lower()}.svg"


def whole() -> str:
    body: Mapping[str, Any] = comparison.sheet().body
    used = table(("word", "what it means"), [(name, str(words)) for name, words in body["used"].items()])
    distrust = "\n".join(f"- {row['words']}" for row in body["distrust"])
    return page(
        TITLE,
        WORDS,
        written_from("the observed values, their sheet and the models"),
        "## In short",
        short(),
        "## When not to trust a prediction",
        distrust,
        "## What the column *used* says",
        used,
        "## The population of the usual infusion",
        crowd(),
        *(chapter(study) for study in studies()),
    )


def short() -> str:
    """Counts that a reader can check below, and the bars missed by name."""
    rows = [row for row in comparison.compared() if row.meets is not None]
    independent = [row for row in rows if row.observed.used == "independent"]
    missed = [f"{row.observed.study} {ANALYTES[row.observed.analyte]}" for row in rows if not row.meets]
    curves = [
        f"{study['id']} {ANALYTES[analyte]} {comparison.median_error(study['id'], analyte):.0f} %"
        for study in studies()
        if study["bar"] == "curve"
        for analyte in analytes_of(study)
    ]
    one, group = bands.of_one_person(), bands.of_a_group()
    asked = f"Asked is {bar('band_holds_least')} to {bar('band_holds_most')}"
    numbers = bands.population()
    beyond = [point for point in numbers if not point.meets]
    return "\n".join(
        [
            f"- Single values held to a bar: {len(rows)}, of which {len(rows) - len(missed)} meet it "
            f"(missed: {', '.join(missed) or 'none'}). Only {len(independent)} of them were not used to make or tune a "
            "model.",
            f"- Curves, median error: {', '.join(curves)}; the bar is {bar('curve_error')}.",
            f"- Inside the 90 % band of a value measured in one person: {one.inside} of {one.of} concentrations. "
            f"{asked}: {banded(one)}.",
            "- Inside the 90 % band of the median of as many people as were measured, where that is known: "
            f"{group.inside} of {group.of} ({group.percent:.0f} %). {asked}: {banded(group)}. Values of one study are "
            "of the same people and stray together.",
            f"- The population of the usual infusion beside another program's: {len(numbers) - len(beyond)} of "
            f"{len(numbers)} percentiles within {bar('population_error')} (missed: "
            f"{', '.join(point_name(point) for point in beyond) or 'none'}).",
        ]
    )


def banded(held: Held) -> str:
    if held.meets:
        return "met"
    narrow = held.percent < figure_of("band_holds_least").value
    return "**not met**, the band is too narrow" if narrow else "**not met**, it is wider than these group values need"


def point_name(point: Percentile) -> str:
    return f"{ANALYTES[point.analyte]} {point.percentile}th percentile at {point.time_min:g} min"


def bar(name: str) -> str:
    return f"{figure_of(name).value.normalize():f} {figure_of(name).unit}"


def figure_of(name: str) -> Figure:
    body: Mapping[str, Any] = comparison.sheet().body
    found: Figure = body["bars"][name]
    return found


def analytes_of(study: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(row.observed.analyte for row in rows_of(study)))


# --- the population ---


def crowd() -> str:
    """Each percentile of another program's virtual patients beside ours."""
    heads = ("what", "band", "time", "percentile", "given", "found", "apart", "meets")
    body = comparison.body()
    given, dose, minutes = (body["crowd"][name] for name in ("patients", "dose", "duration"))
    weight = body["assumed"]["weight"]
    return "\n\n".join(
        [
            f"{dose.value:f} {dose.unit} of racemic ketamine over {minutes.value:f} {minutes.unit}, {weight.value:f} "
            f"{weight.unit}, arterial: what the default model's constants give for "
            f"{given.value:,} virtual patients in a separate program, and here as the mean of ten such crowds. That "
            "program printed whole numbers; what rounds to them meets the bar too. A test of the program, not of "
            "nature.",
            table(heads, [point_line(point) for point in bands.population()]),
            "\n".join(f"Source: {source.citation}." for source in given.sources),
        ]
    )


def point_line(point: Percentile) -> tuple[str, ...]:
    return (
        ANALYTES[point.analyte],
        str(point.band),
        f"{point.time_min:g} min",
        str(point.percentile),
        f"{point.given:g} ng/mL",
        f"{point.found:.1f}",
        f"{point.percent_off:+.1f} %",
        MEETS[point.meets],
    )


# --- a study ---


def chapter(study: Mapping[str, Any]) -> str:
    rows = rows_of(study)
    heads = ("what", "observed", "predicted", "ratio", "used", "bar", "meets", "grade")
    told = [line(row) for row in rows]
    notes = dict.fromkeys(row.why for row in rows if row.why)
    sources = dict.fromkeys(row.observed.source.citation for row in rows)
    parts = [
        f"## {study['id']}: {study['title']}",
        f"{study['who']}.",
        f"![{study['title']}](../pictures/{picture_of(study)})",
        table(heads, told),
        *curve_lines(study),
        "\n".join(f"- No bar: {why}." for why in notes),
        "\n".join(f"Source: {source}." for source in sources),
    ]
    return "\n\n".join(part for part in parts if part)


def line(row: Compared) -> tuple[str, ...]:
    one = row.observed
    spread = f" ({one.spread_is} {one.spread})" if one.spread else ""
    people = f", n = {one.people}" if one.people else ""
    return (
        what(one),
        f"{one.value:g} {unit(one)}{spread}{people}",
        f"{row.predicted:.3g}",
        f"{row.ratio:.2f}",
        one.used,
        row.bar,
        MEETS[row.meets],
        str(one.grade),
    )


def what(one: Observed) -> str:
    when = f" at {one.time_min:g} min" if one.metric == "concentration" and one.time_min is not None else ""
    steady = " in the end" if one.metric == "concentration" and one.time_min is None else ""
    group = f", {one.group}" if one.group else ""
    dose = f", {one.dose} {one.dose_unit}" if len({row.dose for row in mates(one)}) > 1 else ""
    route = f", {ROUTES[one.route]}" if len({row.route for row in mates(one)}) > 1 else ""
    return f"{ANALYTES[one.analyte]} {METRICS[one.metric]}{when}{steady}{dose}{route}{group}"


def mates(one: Observed) -> list[Observed]:
    return [row for row in comparison.observed() if row.study == one.study]


def unit(one: Observed) -> str:
    return "" if one.unit in ("ratio", "fraction") else one.unit.replace("*", " ")


def curve_lines(study: Mapping[str, Any]) -> Iterator[str]:
    if study["bar"] != "curve":
        return
    for analyte in analytes_of(study):
        error, meets = comparison.median_error(study["id"], analyte), comparison.curve_meets(study["id"], analyte)
        yield (
            f"- {ANALYTES[analyte]}: median error {error:.1f} %, bar {bar('curve_error')}: "
            f"{'met' if meets else '**not met**'}."
        )


def figure(study: Mapping[str, Any]) -> str:
    title = f"{study['id']}: {study['title']}"
    if study["bar"] == "curve":
        return drawing.curves(title, "ng/mL", [series(study, analyte) for analyte in analytes_of(study)])
    rows = [(short_name(row), row.ratio, row.meets) for row in rows_of(study)]
    return drawing.ratios(title, rows, float(figure_of("factor").value) if study["bar"] == "factor" else None)


def short_name(row: Compared) -> str:
    """With the bar where it is another than the shaded one."""
    other = f" ({row.bar})" if "factor" in row.bar and f"{figure_of('factor').value:f}" not in row.bar else ""
    return what(row.observed).replace("area under the curve", "area") + other


def series(study: Mapping[str, Any], analyte: str) -> drawing.Series:
    rows = [row.observed for row in rows_of(study) if row.observed.analyte == analyte]
    until = max(one.time_min or 0.0 for one in rows)
    found = bands.band(study["id"], analyte, until)
    seen = [(one.time_min or 0.0, one.value * comparison.in_ng(one)) for one in rows]
    columns = (found.times_min, found.typical, found.low, found.high)
    times, typical, low, high = ([float(value) for value in column] for column in columns)
    return drawing.Series(ANALYTES[analyte], times, typical, low, high, seen)
