"""An ordinary candidate whom nothing holds back, as the ground of the vignettes draws one; and the same changed."""

import tomllib
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

from ketacare.medicine.candidacy import rules
from ketacare.medicine.candidacy.terms import Case, Route, Stage
from ketacare.medicine.candidacy.tests.given import ON, SHEET, trial
from ketacare.medicine.evidence.terms import Fact, Facts

NORMAL = Path(__file__).parents[5] / "vignettes" / "normal.toml"
TRD = (trial("sertraline", (100, 8), better=20), trial("venlafaxine", (225, 8), better=20, form="XR"))
NUMERIC = ("number", "hours or no")


@cache
def normal():
    return tomllib.loads(NORMAL.read_text(encoding="utf-8"), parse_float=Decimal)["facts"]


def a_fact(name, value, days_ago=0, source="interview", **more):
    """A number is told as it is written; a day as so many days ago."""
    kind = SHEET.facts[name]
    if isinstance(value, dict):
        value = ON - timedelta(days=value["event_days_ago"])
    if kind.kind in NUMERIC and value is not False:
        value = Decimal(str(value))
    unit = kind.unit if isinstance(value, Decimal) else None
    return Fact(name, value, unit, ON - timedelta(days=days_ago), source, **more)


def ordinary(days_ago=0, /, **changes):
    """Every fact known so many days ago; a change of None leaves one out."""
    told = {name: value for name, value in (normal() | changes).items() if value is not None}
    return Facts([a_fact(name, value, days_ago if name not in changes else 0) for name, value in told.items()])


def on_record(days_ago, /, **changes):
    """The same, with what is changed told so many days ago as well as today."""
    told = [a_fact(name, value, days_ago) for name, value in changes.items() if value is not None]
    return Facts([*ordinary(**changes), *told])


def ago(days):
    return ON - timedelta(days=days)


def a_case(facts=None, /, *, dose=False, route=Route.IV, trials=TRD, medicines=(), at: date = ON, **more):
    stage = Stage.DOSE if dose else Stage.EVALUATION
    known = ordinary() if facts is None else facts
    return Case(at, known, tuple(trials), medicines, stage=stage, route=route, courses=(), **more)


def judged(facts=None, /, **more):
    return rules.judge(a_case(facts, **more), SHEET)


def reason(decision, criterion):
    (found,) = [one for one in decision.reasons if one.criterion == criterion]
    return found
