"""What a page reads once is what it would have read each time, and more chairs ask no more of the database."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ketacare.clinic.dosing.actions import timeline as line
from ketacare.clinic.dosing.models import Kind
from ketacare.clinic.dosing.queries import (
    checklist,
    flowsheet,
    moments,
    ordered,
    readiness,
    timeline,
    timeline_words,
    trend,
    wall,
)
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.dosing.tests.test_giving import second_order
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.monitoring import states
from ketacare.clinic.monitoring.models import Reading
from ketacare.clinic.monitoring.tests.factories import a_device
from ketacare.clinic.people.tests.factories import browser
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.scheduling.queries import watching
from ketacare.medicine.candidacy import reader
from ketacare.medicine.scheduling.terms import Watch

pytestmark = pytest.mark.django_db


def test_d5_a_second_injection_is_watched_with_the_first_and_never_less_closely():
    """0.5 and then 0.25 mg/kg: 0.75 mg/kg in one visit."""
    day = f.a_day(sheet="p-im-kap")
    f.one_injection(day)
    assert watching.watch_now([day.visit]) == {day.visit.pk: Watch.USUAL}
    second_order(day)
    assert ordered.ordered_for(day.visit) == (f.DRUG, "IM", Decimal("0.75"))
    assert watching.watch_now([day.visit]) == {day.visit.pk: Watch.LARGE}


def a_running_day(number, clinic=None):
    day = f.a_day(f"Chair {number}", clinic, family="ABCDE"[number - 1] + "reed")
    f.to_running(day)
    f.vitals(day, f"13{number}/80", hr=70 + number, spo2=98, moaas=5, at=f.later(15))
    return day


def a_told_day():
    """With a line corrected and one entered in error."""
    day = a_running_day(1)
    told = {"session": day.session, "kind": Kind.EVENT, "by": day.nurse, "at": f.later(16)}
    first, second = line.record(name="nausea", **told), line.record(name="water", **told)
    line.record(session=day.session, kind=Kind.SCALE, name="nausea", body={"value": "3"}, by=day.nurse, at=f.later(17))
    mended = {"session": day.session, "by": day.nurse, "at": f.later(18)}
    line.amend(entry=first, words="a little", reason="Wrong value", **mended)
    line.amend(entry=second, reason="Wrong patient", in_error=True, **mended)
    return day


def asked(get):
    with CaptureQueriesContext(connection) as captured:
        get()
    return [query["sql"] for query in captured.captured_queries]


def test_the_wall_asks_as_much_for_five_chairs_as_for_one(monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(20))
    monkeypatch.setattr(states, "REMEMBERED_MOST", 0)  # as in a process that did not step these watches
    watch._remembered.clear()
    first = a_running_day(1)
    client = browser(first.nurse)
    client.get("/wall/")
    one = asked(lambda: client.get("/wall/"))
    for number in range(2, 6):
        a_running_day(number, first.clinic)
    five = asked(lambda: client.get("/wall/"))
    assert len(five) == len(one)
    assert client.get("/wall/").content.decode().count("Infusing") >= 5


def test_the_chairs_page_leads_its_watch_on_once_and_leaves_the_hours_of_a_stream_where_they_are(monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(20))
    day = a_running_day(1)
    client = browser(day.nurse)
    page = asked(lambda: client.get(f"/sessions/{day.visit.pk}/"))
    assert sum('FROM "monitoring_watch"' in query for query in page) == 1
    assert sum('FROM "candidacy_historyanswer"' in query for query in page) == 1
    whole = [query for query in page if 'FROM "monitoring_reading"' in query and "SPO2" in query]
    assert whole
    assert all("DISTINCT ON" in query or "LIMIT" in query or "unnest" in query for query in whole)


def test_each_chair_keeps_its_own_values_when_all_are_read_at_once():
    first = a_running_day(1)
    days = [first, *(a_running_day(number, first.clinic) for number in range(2, 4))]
    shown = wall.tiles(first.nurse, at=f.later(20))
    assert [tile["initials"] for tile in shown] == ["JA", "JB", "JC"]
    for number, (tile, day) in enumerate(zip(shown, days, strict=True), start=1):
        pulse, _, pressure = tile["values"]
        assert tile["visit"] == str(day.visit.pk)
        assert (pulse["value"], pressure["value"]) == (str(70 + number), f"13{number}/80")
        assert tile["nurse"] == "Ann Vale"
        assert tile["next_due"] == "T+10"


def test_a_timeline_read_once_says_what_the_database_says():
    day = a_told_day()
    fresh, read = Visit.objects.get(pk=day.visit.pk), Visit.objects.get(pk=day.visit.pk)
    timeline.read_once(read)
    for kind in Kind:
        assert timeline.standing(read, kind) == timeline.standing(fresh, kind)
        assert timeline.latest(read, kind) == timeline.latest(fresh, kind)
        assert timeline.latest(read, kind, "start") == timeline.latest(fresh, kind, "start")
    assert timeline.told(read) == timeline.told(fresh)
    assert ordered.order_of(read) == ordered.order_of(fresh)
    assert timeline_words.words_of(timeline.standing(read, Kind.EVENT)[0]) == "Nausea – a little"


def test_of_a_timeline_read_in_part_the_rest_is_asked_of_the_database():
    day = a_told_day()
    fresh, read = Visit.objects.get(pk=day.visit.pk), Visit.objects.get(pk=day.visit.pk)
    timeline.read_once(read, kinds=(Kind.DOSE, Kind.EVENT))
    for kind in Kind:
        queries = asked(lambda kind=kind: timeline.standing(read, kind))
        assert bool(queries) == (kind not in (Kind.DOSE, Kind.EVENT))
        assert timeline.standing(read, kind, Kind.EVENT) == timeline.standing(fresh, kind, Kind.EVENT)
        assert timeline.latest(read, kind, "start") == timeline.latest(fresh, kind, "start")
    assert timeline.told(read) == timeline.told(fresh)


def test_the_chairside_page_reads_the_timeline_once(monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(20))
    day = a_told_day()
    client = browser(day.nurse)
    queries = asked(lambda: client.get(f"/sessions/{day.visit.pk}/"))
    assert sum('FROM "dosing_timelineentry"' in query for query in queries) == 1


def test_t4_a_stretch_without_a_usable_value_is_a_gap_in_the_chart():
    day = a_running_day(1)
    device, _ = a_device(day.clinic)
    seen = ((98, "good"), (None, "none"), (61, "bad"), (97, "good"))
    for minute, (value, quality) in enumerate(seen, start=16):
        Reading.objects.create(
            organisation_id=day.clinic.organisation_id, clinic=day.clinic, visit=day.visit, device=device,
            channel="SPO2", value=value, unit="%", taken_at=f.later(minute), received_at=f.later(minute),
            quality=quality, source="device",
        )  # fmt: skip
    chart = trend.chart(day.session, None, f.later(20), "UTC")
    drawn = [(point["t"], point["value"]) for point in chart["readings"] if point["channel"] == "SPO2"]
    assert drawn[-4:] == [(6.0, 98.0), (7.0, None), (8.0, None), (9.0, 97.0)]


@pytest.mark.parametrize(
    ("all_night", "closes", "left"),
    [
        (True, None, [False]),
        (False, None, []),
        (False, time(17, 15), [Decimal(75)]),
        (False, time(13, 0), [Decimal(-180)]),
    ],
)
def test_what_is_left_before_closing_is_counted_by_the_clinics_own_clock(all_night, closes, left):
    """RD-24: two hours of the chair are booked from 14:00 in New York, where it is evening in UTC."""
    visit = f.a_day().visit
    visit.clinic.is_open_all_night, visit.clinic.doses_over_by = all_night, closes
    at = datetime(2026, 7, 14, 14, 0, tzinfo=ZoneInfo(visit.clinic.zone))
    visit.starts_at, visit.ends_at = at, at + timedelta(hours=2)
    facts = readiness.closing_facts(visit, at)
    assert [(fact.name, fact.value, fact.unit) for fact in facts] == [
        ("minutes_before_closing", minutes, "min") for minutes in left
    ]


def test_a_start_that_would_end_too_near_closing_is_refused_by_its_row():
    day = f.a_day()
    day.visit.clinic.is_open_all_night, day.visit.clinic.doses_over_by = False, time(0, 1)  # long over
    decision = readiness.decision(day.session, at=f.AT, zone=day.clinic.zone)
    row = next(reason for reason in decision.reasons if reason.criterion == "RD-24")
    assert (row.result, row.effect) == ("met", "stop")
    assert "not today" in row.words


def test_while_nobody_has_said_when_the_clinic_closes_the_prescriber_is_asked():
    day = f.a_day()
    day.visit.clinic.is_open_all_night = False
    decision = readiness.decision(day.session, at=f.AT, zone=day.clinic.zone)
    row = next(reason for reason in decision.reasons if reason.criterion == "RD-24")
    assert (row.result, row.effect, row.missing) == ("unknown", "needs clearance", ("minutes_before_closing",))
    assert "Clinic hours" in row.words


def test_two_pressures_that_are_read_within_five_minutes_make_no_mean():
    """6.3: up to three readings 5 min apart; what is read sooner is one reading with the one before."""
    day = f.a_day()
    f.vitals(day, "150/70", at=f.AT)
    soon, apart = f.AT + timedelta(seconds=40), f.AT + timedelta(minutes=5)
    f.vitals(day, "126/74", at=soon)
    assert readiness.gate(day.session, soon) is None
    assert "126/74 came too soon to be a repeat: the worse of" in checklist.repeat_due(day.session, soon).words
    decision = readiness.decision(day.session, at=soon, zone=day.clinic.zone)
    assert next(row for row in decision.reasons if row.criterion == "RD-04").result == "unknown"
    f.vitals(day, "126/74", at=apart)
    assert readiness.gate(day.session, apart).systolic == 138


def test_h19_the_pressure_before_a_dose_is_judged_by_the_version_that_the_course_began_with(monkeypatch):
    day = f.a_day()
    f.vitals(day, "136/84", at=f.AT)
    assert readiness.gate(day.session, f.AT).systolic == 136
    shipped = reader.shipped()
    stricter = replace(shipped.pressure, lines=replace(shipped.pressure.lines, calm=(130, 80)))
    monkeypatch.setattr(readiness.treatable, "sheet", lambda patient: replace(shipped, pressure=stricter))
    assert readiness.gate(day.session, f.AT) is None, "raised by the clinic's own lines: it waits for the repeat"


def test_what_was_to_come_after_they_had_left_was_not_skipped(recovering_day):
    """A minute before a moment of the schedule nothing was owed yet: closing asks no reason for it (workflow 4.3)."""
    session = recovering_day.session
    coming = [one for one in flowsheet.filled(session, f.later(55)) if one.state == "due" and not one.extra]
    first = min(coming, key=lambda one: one.at)
    for early, state in ((timedelta(minutes=1), "due"), (timedelta(), "skipped")):
        session.left_at = first.at - early
        (found,) = [one for one in flowsheet.filled(session, session.left_at) if one.id == first.id]
        assert found.state == state


def test_g8_a_chairs_page_says_when_time_alone_makes_it_untrue_and_follows_no_stream(running_day):
    """Each value of a monitor had the whole page drawn anew: it is due when a check is, and while a dose runs on."""
    due, at = moments.Column("30", "T+30", f.later(40), "due"), f.later(39)
    look = flowsheet.next_look
    assert look(due, None, at, running=False) == due.at
    assert look(due, None, due.at, running=False) == due.at + timedelta(seconds=60)
    assert look(due, None, due.at + timedelta(seconds=90), running=False) == due.at + flowsheet.LATE
    assert look(due, at + timedelta(seconds=5), at, running=True) == at + timedelta(seconds=5)
    assert look(None, None, at, running=True) == at + timedelta(seconds=15)
    page = browser(running_day.nurse).get(f"/sessions/{running_day.visit.pk}/").content.decode()
    assert re.search(r'<time hidden data-next="\d{4}-', page)
