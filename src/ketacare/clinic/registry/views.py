"""The programme's page, and each of its figures as a file."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.dosing.queries import numbers
from ketacare.clinic.people.access import Actor, actor_of, guarded, moment_of
from ketacare.clinic.registry import figures, funnel, measured, queries, safety
from ketacare.clinic.registry.bars import Bars, check_ins, effects, windows
from ketacare.clinic.registry.drawing import drawing, lettered, run_drawing
from ketacare.clinic.tenancy.days import local_day
from ketacare.medicine.evidence.rules import warnings
from ketacare.medicine.outcomes.reader import instrument
from ketacare.medicine.registry import rules
from ketacare.medicine.registry.reader import measures, published
from ketacare.medicine.registry.terms import Measures, Rate

USUAL = "phq-9"
SPANS = {"year": timedelta(days=365), "all": None}


@dataclass(frozen=True)
class Chosen:
    """Which scale, which courses: by first dose in the last year, or all there are. `is_known`: the scale is the one
    that was asked for."""

    scale: str
    span: str
    is_known: bool = True

    @property
    def query(self) -> str:
        return f"scale={self.scale}&span={self.span}"


@dataclass(frozen=True)
class Programme:
    """Everything on the page."""

    sites: tuple[queries.Site, ...]
    told: queries.Told
    lines: tuple[figures.Figure, ...]
    bars: tuple[Bars, ...]
    runs: tuple[safety.RunChart, ...]
    funnel: funnel.Funnel


def chosen(request: HttpRequest) -> Chosen:
    scale, span = request.GET.get("scale", ""), request.GET.get("span", "")
    scales = queries.scales()
    is_known = not scale or scale in scales
    return Chosen(scale if scale in scales else USUAL, span if span in SPANS else "year", is_known)


def counted(actor: Actor, by: Chosen, at: datetime) -> Programme:
    here, others = measures(), published()
    of = tuple(safety.charted(queries.sites(actor), here))
    length = SPANS[by.span]
    since = None if length is None else at - length
    found = queries.counted(of, by.scale)
    told = queries.told(of, by.scale, since=since, at=at, found=found)
    lines = rules.lines_of(told.instrument)
    weeks, fourth = rules.weekly(told.courses, lines, here), rules.four_weeks(told.courses, lines, here)
    response = rules.curve(rules.to_response(told.courses, lines), here)
    kept = rules.curve(rules.to_loss(told.courses, lines, here), here)
    drawn = (
        *(figures.by_week(which, weeks, fourth, told, others, here) for which in figures.BY_WEEK),
        figures.time_to_response(response, told, others.reached, here),
        figures.kept_response(kept, told, others.kept, here),
        measured.capture(weeks, fourth, here),
    )
    return Programme(
        of,
        told,
        tuple(replace(one, how=f"{one.how} {apart_words(told, here)}") for one in drawn),
        (
            windows(queries.windows(of, since=since, at=at, measures=here, found=found), here),
            check_ins(queries.captured(of, since=since, at=at, measures=here, found=found), here),
            effects(queries.reported(of, since=since, measures=here, found=found), others, here),
        ),
        safety.run_charts_of([site.id for site in of], at=at, zone=actor.zone, published=others, measures=here),
        funnel.funnel(queries.ways(of, told, since=since, measures=here), here, others.caveats),
    )


def apart_words(told: queries.Told, here: Measures) -> str:
    """Of each course the scores of one line count; how many were left out."""
    return (
        "Of each course only scores of one version of the scale, one edition of the form and one way of rating (blind "
        f"or not) are counted, those of its baseline. Left out, as not comparable: {figures.many(told.apart, here)}."
    )


@require_GET
@guarded("programme", "R", gives_way=True)
def programme(request: HttpRequest) -> HttpResponse:
    actor, at, by = actor_of(request), moment_of(request), chosen(request)
    audit.note(by=actor, at=at, verb="programme.open", purpose="quality")
    found = counted(actor, by, at)
    return render(request, "registry/programme.jinja", page(actor, by, found, at))


def page(actor: Actor, by: Chosen, found: Programme, at: datetime) -> dict[str, Any]:
    here, others = measures(), published()
    headers = (here.header, others.header, found.told.instrument.header)
    return {
        "actor": actor,
        "by": by,
        "spans": (("year", "First dose in the last 12 months"), ("all", "All courses")),
        "scales": [(name, instrument(name).name) for name in queries.scales()],
        "courses": figures.many(len(found.told.courses), here),
        "apart": figures.many(found.told.apart, here) if found.told.apart else "",
        "has_courses": len(found.told.courses) > 0,
        "sites": found.sites,
        "figures": [(one, drawing(one)) for one in found.lines],
        "bars": found.bars,
        "others": len(queries.sites(actor)) - len(found.sites),
        "runs": [(one, run_drawing(one)) for one in found.runs],
        "funnel": found.funnel,
        "benchmarks": [row for row in others.benchmarks if row.instrument == found.told.instrument.id],
        "elsewhere": [row for row in others.benchmarks if row.instrument != found.told.instrument.id],
        "caveats": [one for one in others.caveats if not one.step],
        "compared_from": here.compared_from,
        "smallest": here.smallest_cell,
        "overdue": warnings(headers, local_day(at, actor.zone)),
        "wide": True,
    }


@require_GET
@guarded("adverse_events", "R", gives_way=True)
def safety_numbers(request: HttpRequest) -> HttpResponse:
    """Counts by month and per hundred sessions, each from the record of its session."""
    actor, at, here = actor_of(request), moment_of(request), measures()
    audit.note(by=actor, at=at, verb="safety_numbers.open", purpose="quality")
    months = numbers.by_month([actor.clinic_id], at=at, zone=actor.zone)
    told = {"rows": safety.table(months, here), "kinds": numbers.KINDS, "smallest": here.smallest_cell}
    return render(request, "registry/safety_numbers.jinja", told)


# -- files -------------------------------------------------------------------------------------------------------------


Shown = figures.Figure | Bars | safety.RunChart | funnel.Funnel


def one_of(request: HttpRequest, name: str) -> tuple[Shown, Chosen]:
    actor, at, by = actor_of(request), moment_of(request), chosen(request)
    if not by.is_known:
        raise Http404
    found = counted(actor, by, at)
    everything: tuple[Shown, ...] = (*found.lines, *found.bars, *found.runs, found.funnel)
    for one in everything:
        if one.id == name:
            audit.note(by=actor, at=at, verb="programme.export", purpose="quality", because=name)
            return one, by
    raise Http404


@require_GET
@guarded("programme", "R", gives_way=True)
def table(request: HttpRequest, figure: str) -> HttpResponse:
    """Counts in steps, small ones left empty; what is computed by a curve as it is drawn."""
    one, by = one_of(request, figure)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["figure", "scale", "courses", "how"])
    writer.writerow([one.title, by.scale, by.span, one.how])
    writer.writerow([])
    writer.writerows(rows_of(one))
    writer.writerows([[], *beside] if (beside := beside_of(one)) else [])
    return as_file(text.getvalue(), "text/csv; charset=utf-8", f"{figure}.csv")


def rows_of(one: Shown) -> list[list[object]]:
    if isinstance(one, funnel.Funnel):
        return [["site", *one.steps], *([row.site, *row.numbers] for row in one.rows)]
    if isinstance(one, figures.Figure) and not one.counted:
        places: list[list[object]] = [[one.x_words, "percent", "low", "high"]]
        return places + [[f"{at.x:g}", *(f"{value:.0f}" for value in (at.y, at.low, at.high))] for at in one.points]
    head: list[object] = ["at", "percent", "low", "high", "met", "of"]
    cells = spot_cells if isinstance(one, safety.RunChart) else rate_cells
    return [head, *([x, *cells(rate)] for x, rate in one.counted)]


def beside_of(one: Shown) -> list[list[object]]:
    """What is drawn or said beside it: published by others, or our aim."""
    rows: list[list[object]] = []
    if isinstance(one, figures.Figure):
        for letter, beside in lettered(one):
            at = "" if beside.x is None else f"{beside.x:g}"
            rows.append([letter, f"{beside.y:g}", at, beside.words])
    elif isinstance(one, Bars):
        rows = [
            ["", f"{bar.companion or 0:g}", bar.name, bar.companion_words] for bar in one.bars if bar.companion_words
        ]
    elif isinstance(one, safety.RunChart | funnel.Funnel):
        rows += [["", "", "", words] for words in one.beside]
    return [["letter", "percent", "at", "beside it"], *rows] if rows else []


def spot_cells(rate: object) -> list[object]:
    """Of a run chart: small shares of many sessions, by their counts in steps."""
    if not isinstance(rate, Rate) or rate.share is None:
        return ["", "", "", "", ""]
    told = rules.stepped(rate, measures())
    # What is rare is told by tenths: an upper end of 0 would say that it cannot be.
    shown = (f"{100 * value:.{1 if 0 < value < 0.005 else 0}f}" for value in (told.share or 0.0, told.low, told.high))
    return [*shown, told.met, told.of]


def rate_cells(rate: object) -> list[object]:
    if not isinstance(rate, Rate) or rate.share is None:
        return ["", "", "", "", ""]
    told = rules.told(rate, measures())
    shown = (f"{100 * value:.0f}" for value in (told.share, told.low, told.high))
    return [*shown, "" if told.met is None else told.met, told.of]


@require_GET
@guarded("programme", "R", gives_way=True)
def picture(request: HttpRequest, figure: str) -> HttpResponse:
    one, _ = one_of(request, figure)
    text = render_to_string("registry/picture.jinja", {"figure": one, **places_of(one)}, request)
    return as_file(text, "image/svg+xml", f"{figure}.svg")


def places_of(one: Shown) -> dict[str, object]:
    """How it is drawn, and where its lines lie."""
    if isinstance(one, figures.Figure):
        return {"drawn": "lines", "place": drawing(one)}
    if isinstance(one, safety.RunChart):
        return {"drawn": "runs", "place": run_drawing(one)}
    return {"drawn": "funnel" if isinstance(one, funnel.Funnel) else "bars"}


def as_file(text: str, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(text, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
