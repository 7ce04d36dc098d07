"""What the chair shows beside the signs: dose and events in the grid, the last session behind this one, artefacts."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from ketacare.clinic.dosing.actions import giving, sessions, timeline
from ketacare.clinic.dosing.models import Kind, Session
from ketacare.clinic.dosing.queries import beside, flowsheet, ordered, trend
from ketacare.clinic.dosing.queries import note as notes
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.monitoring.gaps import Gaps, gaps
from ketacare.clinic.monitoring.models import Pairing, Reading
from ketacare.clinic.monitoring.tests.factories import a_device
from ketacare.clinic.people.tests.factories import browser, once
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.monitoring.terms import Channel
from ketacare.medicine.monitoring.terms import Reading as Value

pytestmark = pytest.mark.django_db


@pytest.fixture
def day(monkeypatch, running_day):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(36))
    return running_day


def cells(day, minutes):
    at = f.later(minutes)
    columns = flowsheet.filled(day.session, at)
    order = ordered.order_of(day.visit)
    given, happened = beside.rows(day.session, order, columns, at)["rows"]
    names = [column.t for column in columns]
    return (
        {name: cell["value"] for name, cell in zip(names, given["cells"], strict=True) if cell},
        {name: cell["value"] for name, cell in zip(names, happened["cells"], strict=True) if cell},
    )


def test_the_grid_says_what_was_given_by_each_moment_and_what_happened_until_the_next(day):
    """40 mg over 40 min is 1 mg a minute; paused at T+12 and stopped by the end at T+20 it is 12."""
    for minute, name in ((13, "nausea"), (21, "distress"), (21.5, "water")):
        timeline.record(session=day.session, kind=Kind.EVENT, name=name, by=day.nurse, at=f.later(minute))
    sessions.pause(session=day.session, reason="Distress", by=day.nurse, at=f.later(22))
    given, happened = cells(day, 31)
    assert {name: given[name] for name in ("Before", "T+5", "T+10", "T+15", "T+20")} == {
        "Before": "0", "T+5": "5", "T+10": "10", "T+15": "12", "T+20": "12",
    }  # fmt: skip
    assert "T+30" not in given, "a moment that lies ahead has no amount"
    assert happened == {"Before": "N", "T+10": "D W"}
    giving.stop(
        session=day.session, reason="Distress", complete=False, pump_ml=Decimal(30), by=day.nurse, at=f.later(33)
    )
    given, _ = cells(day, 45)
    assert (given["T+20"], given["T+30"]) == ("12", "12")


def test_given_at_once_counts_from_its_moment():
    day = f.a_day(sheet="p-im-kap")
    f.one_injection(day)
    given, _ = cells(day, 31)
    assert (given["Before"], given["T+15"]) == ("40", "40")


def test_the_chair_and_the_paper_show_both_rows(day):
    client = browser(day.nurse)
    for page in ("", "readings/"):
        shown = client.get(f"/sessions/{day.visit.pk}/{page}").content.decode()
        assert "Given so far" in shown
        assert "Events" in shown


# -- the last session behind this one ----------------------------------------------------------------------------------


def test_t4_the_last_session_lies_behind_with_pulse_and_spo2(day):
    f.vitals(day, "141/88", hr=83, spo2=96, at=f.later(20))
    later = Session(visit=day.visit, started_at=f.later(500))
    behind = {(row["channel"], row["t"]): row["value"] for row in trend.previous(later)}
    assert {name: behind[name, 10.0] for name in ("NIBP_SYS", "NIBP_DIA", "HR", "SPO2")} == {
        "NIBP_SYS": 141, "NIBP_DIA": 88, "HR": 83, "SPO2": 96,
    }  # fmt: skip
    assert trend.previous(day.session) == []


# -- artefacts ---------------------------------------------------------------------------------------------------------


def stream(day, values, first=()) -> None:
    """SpO2 by second after T+20, from the monitor at the chair; in its first message more."""
    device, _ = a_device(day.clinic, "BED/3")
    monitoring.pair_device(device=device, visit=day.visit, by=day.nurse, at=f.later(30))
    for second, value in values.items():
        at = f.later(30) + timedelta(seconds=second)
        reading = Value(Channel.SPO2, Decimal(value), at, at, device=str(device.pk))
        more = [Value(channel, Decimal(first[channel]), at, at, device=str(device.pk)) for channel in first]
        arrival = monitoring.Arrival(device.pk, second + 1, at, at, (reading, *more))
        first = ()
        monitoring.record_readings([arrival], clinic_id=day.clinic.pk, at=at)


def a_desaturation(day) -> Reading:
    stream(day, {0: 97, 1: 71, 2: 96})
    return Reading.objects.get(channel="SPO2", value=71)


def test_i1_an_artefact_of_the_monitor_is_left_out_with_the_reason_and_stays_readable(day):
    artefact, client = a_desaturation(day), browser(day.nurse)
    page = f"/sessions/{day.visit.pk}/readings/"
    assert f"{page}{artefact.pk}/amend/" in client.get(page).content.decode()
    form = client.get(f"{page}{artefact.pk}/amend/").content.decode()
    assert "Leave out an artefact" in form
    assert 'name="value"' not in form
    left_out = client.post(f"{page}{artefact.pk}/amend/", once(reason="Artefact", value="97"))
    assert left_out.status_code == 302
    assert [point.value for point in watch.trend(day.visit, channels=(Channel.SPO2,))[Channel.SPO2]][-2:] == [97, 96]
    artefact.refresh_from_db()
    assert (artefact.value, artefact.in_error, artefact.amended_by.amend_reason) == (71, False, "Artefact")
    shown = client.get(page).content.decode()
    assert "<del>71</del>" in shown
    assert f"Artefact, {day.nurse.name}" in shown
    assert client.post(f"{page}{artefact.pk}/amend/", once(reason=" ")).status_code == 422


def test_i1_what_a_monitor_sent_is_never_given_another_value(day):
    artefact = a_desaturation(day)
    for value, in_error in ((Decimal(97), False), (Decimal(97), True), (None, False)):
        with pytest.raises(Refused, match="came from a monitor"):
            monitoring.amend_reading(
                reading=artefact, value=value, reason="Artefact", in_error=in_error, by=day.nurse, at=f.later(31)
            )


def test_i2_a_value_that_was_left_out_stands_in_no_cell_and_in_no_note(day):
    """At T+20 the monitor said 71; the next that stands is 96, two seconds later."""
    stream(day, {0: 71, 2: 96})
    artefact = Reading.objects.get(channel="SPO2", value=71)

    def cell():
        (column,) = [one for one in flowsheet.filled(day.session, f.later(36)) if one.t == "T+20"]
        return column.cells["spo2"]["value"]

    assert cell() == "71"
    leave_out(day, artefact)
    assert cell() == "96"
    giving.stop(session=day.session, reason="", complete=True, by=day.nurse, at=f.later(50))
    note = notes.content(day.session, day.nurse.zone)
    assert "71" not in str(note["readings"])
    assert "96" in str(note["readings"])


def leave_out(day, row, at=32):
    return monitoring.amend_reading(
        reading=row, value=None, reason="Artefact", in_error=True, by=day.nurse, at=f.later(at)
    )


def test_i1_what_was_left_out_is_not_left_out_again_and_takes_no_other_value(day):
    """From another tab, and by way of the row that says it was left out."""
    artefact, client = a_desaturation(day), browser(day.nurse)
    address = f"/sessions/{day.visit.pk}/readings/"
    assert client.post(f"{address}{artefact.pk}/amend/", once(reason="Artefact")).status_code == 302
    again = client.post(f"{address}{artefact.pk}/amend/", once(reason="Artefact"))
    assert again.status_code == 422
    assert "was corrected or left out already" in again.content.decode()
    leaving_out = Reading.objects.get(amends=artefact)
    other = client.post(f"{address}{leaving_out.pk}/amend/", once(reason="Artefact", value="97"))
    assert other.status_code == 422
    assert "was corrected or left out already" in other.content.decode()
    assert not Reading.objects.filter(amends=leaving_out).exists()


def test_of_61_values_beyond_the_lines_60_are_shown_and_it_says_so_with_a_way_to_the_oldest(day):
    stream(day, {0: 61, **{second: 70 + second % 7 for second in range(1, 61)}})
    client, address = browser(day.nurse), f"/sessions/{day.visit.pk}/readings/"
    oldest = Reading.objects.get(channel="SPO2", value=61)
    newest = client.get(address).content.decode()
    assert "The newest 60 are shown" in newest
    assert newest.count("Leave out SpO2") == 60
    assert f"{address}{oldest.pk}/amend/" not in newest
    last = Reading.objects.filter(channel="SPO2", source="device").order_by("taken_at")[1]
    assert f'href="{address}?before={last.pk}#beyond"' in newest
    older = client.get(f"{address}?before={last.pk}").content.decode()
    assert f"{address}{oldest.pk}/amend/" in older
    assert older.count("Leave out SpO2") == 1
    assert "?before=" not in older
    for nowhere in ("x", "0", str(10**30)):
        assert client.get(f"{address}?before={nowhere}").status_code == 404


def test_every_cuff_pressure_of_the_monitor_is_listed_whatever_the_stream_said(day):
    stream(day, dict.fromkeys(range(61), 70), {Channel.NIBP_SYS: 128, Channel.NIBP_DIA: 80})
    page = browser(day.nurse).get(f"/sessions/{day.visit.pk}/readings/").content.decode()
    assert page.count("Leave out SpO2") == 60
    cuffs = Reading.objects.filter(source="device", channel__startswith="NIBP")
    assert len(cuffs) == 2
    assert all(f"readings/{row.pk}/amend/" in page for row in cuffs)


# -- gaps --------------------------------------------------------------------------------------------------------------


def test_t8_gaps_of_the_stream_are_counted_and_shown(day):
    """Silences of ten seconds and more: 2 to 12 and 13 to 43. Nine seconds are none. At T+26, six minutes after the
    first value, the stream has been away since second 52 (308 s), and the promised pulse from the beginning."""
    stream(day, {0: 97, 1: 97, 2: 97, 12: 96, 13: 97, 43: 95, 52: 97})
    found = {one.channel: one for one in gaps(day.visit, until=f.later(30) + timedelta(seconds=61))}
    assert found[Channel.SPO2] == Gaps(Channel.SPO2, 2, timedelta(seconds=40), timedelta(seconds=30))
    page = browser(day.nurse).get(f"/sessions/{day.visit.pk}/readings/").content.decode()
    assert "SpO2: 3, 348 s in all, the longest 308 s" in page
    assert "Heart rate: 1, 360 s in all, the longest 360 s" in page


@pytest.mark.parametrize(
    ("seconds", "silences"),
    [((0, 1, 2), [58]), ((20, 30), [20, 10, 30]), ((), [60]), (range(0, 60, 5), [])],
    ids=["ends and never returns", "begins late", "never comes", "whole"],
)
def test_t4_t8_a_stream_that_ends_comes_late_or_never_is_a_gap(day, seconds, silences):
    stream(day, dict.fromkeys(seconds, 97))
    found = {one.channel: one for one in gaps(day.visit, until=f.later(30) + timedelta(seconds=60))}
    one = found.get(Channel.SPO2)
    told = (0, 0) if one is None else (one.count, one.whole.total_seconds())
    assert told == (len(silences), sum(silences))
    assert found[Channel.HR].whole == timedelta(seconds=60), "promised, and never sent"


def test_t8_after_the_monitor_has_left_nothing_is_missed(day):
    stream(day, {0: 97, 1: 97})
    (pairing,) = Pairing.objects.filter(visit=day.visit, ended_at=None)
    monitoring.unpair_device(
        pairing=pairing, reason="Patient is up", by=day.nurse, at=f.later(30) + timedelta(seconds=31)
    )
    found = {one.channel: one for one in gaps(day.visit, until=f.later(36))}
    assert found[Channel.SPO2] == Gaps(Channel.SPO2, 1, timedelta(seconds=30), timedelta(seconds=30))
