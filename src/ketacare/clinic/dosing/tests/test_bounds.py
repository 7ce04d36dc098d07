"""A person's own lines beside the values, across the trend and on the cells; totals under the sheet."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import bounds, chairside, flowsheet, moments, trend
from ketacare.clinic.dosing.queries.bounds import Bounds
from ketacare.clinic.dosing.queries.ordered import order_of
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.monitoring.tests.factories import a_visit
from ketacare.clinic.people.tests.factories import browser
from ketacare.medicine.monitoring.terms import Channel


@pytest.mark.parametrize(
    ("low", "high", "words"), [(50, 120, "50–120"), (94, None, "≥ 94"), (None, 160, "≤ 160"), (None, None, "")]
)
def test_lines_in_words(low, high, words):
    own = Bounds(*(None if one is None else Decimal(one) for one in (low, high)), band=Decimal(3))
    assert own.words() == words


@pytest.mark.parametrize(("value", "side"), [(49, "low"), (50, None), (120, None), (121, "high")])
def test_a_value_on_the_line_is_inside(value, side):
    assert Bounds(Decimal(50), Decimal(120), Decimal(3)).side(Decimal(value)) == side


def column(**cells):
    made = moments.Column("5", "T+5", f.later(15), "done")
    made.cells = {key: {"value": value, "abnormal": None, "trend": None, "at": made.at} for key, value in cells.items()}
    return made


def test_cells_outside_are_marked_and_a_move_beyond_the_band_has_an_arrow():
    own = {
        Channel.NIBP_SYS: Bounds(Decimal(90), Decimal(160), Decimal(5)),
        Channel.NIBP_DIA: Bounds(Decimal(50), Decimal(90), Decimal(5)),
    }
    columns = [column(bp="128/82"), column(bp="133/84"), column(bp="150/96", moaas="5"), column(bp="118/49")]
    flowsheet.marked(columns, own)
    assert [one.cells["bp"]["abnormal"] for one in columns] == [None, None, "high", "low"]
    assert [one.cells["bp"]["trend"] for one in columns] == [None, None, "up", "down"]


@pytest.mark.django_db
def test_the_chair_shows_them(monkeypatch):
    day = f.a_day()
    f.to_running(day)
    f.vitals(day, "190/112", hr=80, spo2=97, at=f.later(25))
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(30))
    own = bounds.of(day.session)
    drawn = {(line["channel"], line["value"]) for line in trend.limits(day.visit)}
    assert ("NIBP_SYS", float(own[Channel.NIBP_SYS].high)) in drawn
    assert ("SPO2", float(own[Channel.SPO2].low)) in drawn
    page = browser(day.nurse).get(f"/sessions/{day.visit.pk}/").content.decode()
    assert f'<span class="vital__limits">{own[Channel.SPO2].words()}</span>' in page
    assert "cell--abnormal" in page
    totals = {row["label"]: row["value"] for row in chairside.totals(day.session, order_of(day.visit), f.later(30))}
    assert totals == {"Given": "20 mg", "By the pump": "50 mL", "Watched": "20 min"}
    assert "20 min" in page


@pytest.mark.django_db
def test_without_a_watch_nothing_is_claimed():
    day = f.a_day()
    assert bounds.of(Session(visit=a_visit(day.clinic, day.desk)))[Channel.HR].words() == ""
