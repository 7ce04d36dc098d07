"""What stands beside a predicted course: where it leaves its data, what is poorly known, and the line of a peak."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from ketacare.clinic.dosing.actions import giving
from ketacare.clinic.dosing.queries import earlier, given, under_way
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.people.tests.factories import browser
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.actions.courses import move_to
from ketacare.clinic.scheduling.models import VisitKind
from ketacare.medicine.pharmacology.terms import Band, Dose, Drug, Route
from ketacare.medicine.protocols.reader import protocol
from ketacare.medicine.scheduling.terms import Booked, Span
from ketacare.medicine.scheduling.terms import Kind as BookedKind

pytestmark = pytest.mark.django_db
FOLDED = "What must be read with these courses"


@pytest.fixture
def day(monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(20))
    return f.a_day()


def seen(day, minutes):
    day.session.refresh_from_db()
    return under_way.seen(day.session, day.nurse, at=f.later(10 + minutes))


def fragment(day):
    answer = browser(day.nurse).get(f"/sessions/{day.visit.pk}/prediction/", headers={"HX-Request": "true"})
    return html.unescape(answer.content.decode())


def test_h18_the_chair_says_that_a_person_is_outside_the_data(day, monkeypatch):
    f.to_running(day)
    assert seen(day, 8).weak == ()
    monkeypatch.setattr(under_way.predicting, "age_of", lambda *_: 92)
    words = "Age: 92 is outside the 18 to 75 years behind kamp-2020."
    assert seen(day, 8).weak == (words,)
    assert words in fragment(day)


def test_h18_the_chair_says_that_a_route_is_poorly_known(monkeypatch):
    day = f.a_day(sheet="p-im-kap")
    f.one_injection(day)
    assert seen(day, 8).weak[0] == "Poorly known: absorption chosen against few volunteers."
    assert "route:" not in " ".join(seen(day, 8).weak)


def test_a_pump_that_only_keeps_the_line_open_has_a_course(day):
    """2 mL/h of what is left in the bag would run for more than a day."""
    f.to_running(day)
    giving.change_rate(session=day.session, new_ml_per_h=Decimal(2), reason="Distress", by=day.nurse, at=f.later(20))
    found = seen(day, 12)
    assert found.why == ()
    assert found.lane.now == 12
    assert [one.title for one in found.columns][:2] == ["As set", "If stopped now"]


def test_the_line_of_a_peak_stands_beside_its_regimen_and_is_of_arterial_blood(day):
    """0.85 mg/kg over 40 min, its blood from a vein."""
    put = {"a_way": "ketamine-iv", "a_dose": "0.85", "a_unit": "mg/kg", "a_over": "40"}
    page = browser(day.prescriber).get(f"/sessions/{day.visit.pk}/planning/", put).content.decode()
    assert "Venous blood, by kamp-2020" in page
    assert "the upper end of the peak in arterial blood" in page.split(FOLDED)[0]
    half = browser(day.prescriber).get(f"/sessions/{day.visit.pk}/planning/", put | {"a_dose": "0.5"}).content.decode()
    assert "upper end of the peak" not in half


def test_a_route_without_a_model_has_its_rules(monkeypatch):
    """Under the skin: no course, and the start for the elderly and the taper all the same."""
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(20))
    monkeypatch.setattr(under_way.predicting, "age_of", lambda *_: 70)
    skin = f.a_day(sheet="p-sc-old")
    page = browser(skin.prescriber).get(f"/sessions/{skin.visit.pk}/planning/").content.decode()
    assert "What the titration rules say of the next dose" in page
    for title in ("Age 65 and over", "Missed session, racemic", "Taper, racemic", "When down"):
        assert f"<b>{title}</b>" in page


def test_a_dose_is_due_at_the_rhythm_of_the_sheet(day):
    f.to_recovery(day)
    day.session.refresh_from_db()
    before, sheet = [earlier.before(day.session)], protocol("p-iv-05-2w")
    assert earlier.due_at(day.visit, [], sheet) is None
    assert earlier.due_at(day.visit, before, sheet) == f.later(10) + timedelta(days=4)


def booked(day, number, days, at):
    starts = f.later(10) + timedelta(days=days)
    return scheduling.book_visit(
        patient=day.patient, kind=VisitKind.DOSE, starts_at=starts, ends_at=starts + timedelta(hours=3), by=day.desk,
        at=f.later(at), number_in_course=number,
    )  # fmt: skip


def put_off(day, visit, days, at):
    starts = f.later(10) + timedelta(days=days)
    to = Booked("", str(day.patient.pk), BookedKind.DOSE, Span(starts, starts + timedelta(hours=3)))
    with transaction.atomic():
        move_to(visit, to, "patient", "", by=day.prescriber, at=f.later(at))


def test_a_dose_of_the_taper_is_due_where_it_was_booked_first_though_it_was_moved(day):
    """By the sheet a dose 23 days late starts again; what was planned anew before the last dose was not missed."""
    f.to_recovery(day)
    day.session.refresh_from_db()
    before, sheet = [earlier.before(day.session)], protocol("p-iv-05-2w")
    visit = booked(day, sheet.sessions + 1, days=5, at=1)
    put_off(day, visit, days=7, at=2)
    assert earlier.due_at(visit, before, sheet) == f.later(10) + timedelta(days=7)
    put_off(day, visit, days=14, at=1440)
    put_off(day, visit, days=30, at=2880)
    assert earlier.due_at(visit, before, sheet) == f.later(10) + timedelta(days=7)


def test_h18_the_index_has_its_band_wherever_it_is_read(day):
    put = {"a_way": "ketamine-iv", "a_dose": "0.5", "a_unit": "mg/kg", "a_over": "40", "site": "arterial"}
    page = browser(day.prescriber).get(f"/sessions/{day.visit.pk}/planning/", put).content.decode()
    data = json.loads(re.search(r"data-curve-data>(.*?)</script>", page).group(1))
    assert all(re.fullmatch(r"0\.\d\d \(0\.\d\d to 0\.\d\d\)", one) for one in data["courses"][0]["indexes"])
    table = page.split("The courses as a table</summary>")[1]
    assert len(re.findall(r"<td>0\.\d\d \(0\.\d\d to 0\.\d\d\)</td>", table)) > 10


def test_an_earlier_dose_that_cannot_be_drawn_is_named(day, monkeypatch):
    f.to_recovery(day)
    day.session.refresh_from_db()
    before = [earlier.before(day.session)]
    found = earlier.drawn(before, 240, 2, 40, Band.TRUE)
    assert (len(found.curves), found.missing) == (1, ())
    two = (Dose(Drug.KETAMINE, Route.IV, 0.0, 20.0, 20.0), Dose(Drug.KETAMINE, Route.IV, 10.0, 20.0, 20.0))
    monkeypatch.setattr(given, "as_given", lambda *_: two)
    found = earlier.drawn(before, 240, 2, 40, Band.TRUE)
    assert found.curves == ()
    assert "is not drawn behind these courses: regimen[1].start_min: begins at 10 min" in found.missing[0]
