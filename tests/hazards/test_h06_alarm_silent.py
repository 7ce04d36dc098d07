"""H6: an alarm that is silent because somebody once switched something off."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from uuid import UUID

import pytest
from django.template.loader import get_template

from ketacare.clinic.dosing.queries import chairside, helping, wall
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.duties.models import Consequence, Duty
from ketacare.clinic.monitoring import actions, queries
from ketacare.clinic.monitoring.models import Pairing, Watch
from ketacare.clinic.monitoring.tests.factories import Bedside
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import AT, someone
from ketacare.clinic.supervision.models import LapseStep, RungTaken
from ketacare.clinic.supervision.tests.factories import Room, later
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.alone import Faults
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.monitoring.terms import Channel
from ketacare.web.commands import watch

pytestmark = pytest.mark.django_db


@pytest.fixture
def bedside() -> Bedside:
    return Bedside()


def aside(bedside: Bedside, by, at=AT) -> None:
    actions.stop_monitoring(visit=bedside.visit, channel=Channel.SPO2, reason="probe moved", by=by, at=at)


def test_h06_during_a_dose_a_nurse_does_not_switch_the_oximeter_off(bedside: Bedside):
    actions.dose_acting(visit=bedside.visit, acting=True, at=AT, by=bedside.nurse)
    with pytest.raises(Refused, match="only the prescriber"):
        aside(bedside, bedside.nurse)
    aside(bedside, someone(bedside.clinic, Role.RX))


def test_h06_an_oximeter_set_aside_before_the_dose_alarms_again_during_it(bedside: Bedside):
    aside(bedside, bedside.nurse)
    actions.dose_acting(visit=bedside.visit, acting=True, at=AT + timedelta(minutes=5), by=bedside.nurse)
    for second in range(1200, 1230):
        bedside.send(AT + timedelta(seconds=second), message=second, SPO2=80)
    standing = queries.standing(bedside.visit, at=AT + timedelta(seconds=1230))
    assert standing is not None
    assert standing.loudest is not None
    assert standing.loudest.channel is Channel.SPO2


def test_h06_one_watch_that_cannot_be_stepped_leaves_the_others_watched():
    """What is wrong with one chair must not keep time from passing at the next, nor say of it that it is not live; and
    nothing says that all is well with the one."""
    first = Bedside()
    second = Bedside(clinic=first.clinic, address="another")
    late = AT + timedelta(minutes=2)
    Watch.objects.filter(visit=first.visit).update(state="{broken", state_version=1)
    queries._remembered.clear()
    watch.round_of_all(lambda: late)
    tenancy.enter(organisation_id=first.clinic.organisation_id)
    standing = queries.standing(second.visit, at=late)
    assert standing is not None
    assert queries.last_beat("watch") == late
    assert standing.loudest is not None, "the second chair's lost stream was noticed"
    duty = Duty.objects.get(kind="watch.failed")
    assert (duty.visit_id, duty.owner_role, duty.consequence) == (first.visit.pk, "RN", Consequence.LIFE)
    bays = {bay.visit.pk: bay.standing.unjudged_since for bay in queries.wall(first.nurse, at=late)}
    assert bays == {first.visit.pk: late, second.visit.pk: None}
    assert not helping.alarms_are_judged(first.visit, late)
    assert helping.alarms_are_judged(second.visit, late)


def test_h06_where_the_duty_cannot_be_written_no_screen_is_live(monkeypatch):
    """The control arm: a failure that nobody was told of must not look like a session that is watched."""
    first = Bedside()
    Watch.objects.filter(visit=first.visit).update(state="{broken", state_version=1)
    queries._remembered.clear()

    def breaks(**_):
        raise LookupError

    monkeypatch.setattr("ketacare.clinic.monitoring.actions.tell_of_failures", breaks)
    watch.round_of_all(lambda: AT + timedelta(minutes=2))
    assert queries.last_beat("watch") is None


def test_h06_a_session_that_cannot_be_stepped_draws_no_number_and_says_so():
    day = f.a_day()
    f.to_running(day)
    at = day.session.started_at + timedelta(seconds=30)
    actions.tell_of_failures(clinic=day.clinic, visits=[day.visit.pk], lately=None, at=at)
    (tile,) = wall.tiles(day.nurse, at=at)
    assert tile["alarm"]["words"].startswith("NOT LIVE")
    assert (tile["alarm"]["priority"], tile["alarm"]["acknowledge"], tile["alarm"]["sounding"]) == (
        "medium",
        None,
        True,
    )
    assert {value["value"] for value in tile["values"]} == {"---"}
    (tile,) = wall.tiles(day.nurse, at=at + timedelta(seconds=60))
    assert tile["worst"] == "high", "as of a chair that nobody watches (D4)"


def test_h26_a_session_that_cannot_be_stepped_is_closed_and_its_monitor_is_free(caplog):
    """Once it could be neither, and the monitor fed nobody for the rest of the day."""
    first = Bedside()
    Watch.objects.filter(visit=first.visit).update(state="{broken", state_version=1)
    queries._remembered.clear()
    actions.unpair_device(pairing=first.pairing, reason="for the next", by=first.nurse, at=AT + timedelta(minutes=1))
    actions.check_done(visit=first.visit, ask="presence", by=first.nurse, at=AT + timedelta(minutes=2))
    actions.dose_acting(visit=first.visit, acting=False, by=first.nurse, at=AT + timedelta(minutes=2))
    actions.end_watch(visit=first.visit, by=first.nurse, at=AT + timedelta(minutes=3))
    assert not Pairing.objects.filter(ended_at__isnull=True).exists()
    assert Watch.objects.get().ended_at is not None
    assert "could not be stepped" in caplog.text


def test_h06_a_session_that_is_skipped_now_and_then_is_told_of_once():
    """Fed in that moment it is not stepped: that is no success, and closed its duty each time for a new one."""
    clinic, visit_id, failing = UUID(int=1), UUID(int=2), watch.Failing()
    after = [
        failing.after({visit_id} if failed else set(), clinic, whole=True, at=AT + timedelta(seconds=second))
        for second, failed in ((0, True), (1, False), (29, False), (30, False))
    ]
    assert after == [{visit_id}, {visit_id}, {visit_id}, set()]
    assert failing.after(set(), clinic, whole=False, at=AT) is None
    assert failing.after(set(), clinic, whole=True, at=AT + timedelta(seconds=29)) is None
    assert failing.after(set(), clinic, whole=True, at=AT + timedelta(seconds=30)) == set()


@pytest.mark.parametrize("step", ["supervision.actions.screens._note", "supervision.actions.unanswered._unanswered"])
@pytest.mark.parametrize("guarded", [True, False], ids=["alone", "control arm: together"])
def test_h06_what_breaks_at_one_session_is_a_duty_of_its_own_and_stops_nothing_at_another(monkeypatch, step, guarded):
    broken = Room()
    whole = Room(Bedside(clinic=broken.clinic, address="third"), chair="Chair 5")
    for room in (broken, whole):
        room.hurt()
    module, name = f"ketacare.clinic.{step}".rsplit(".", 1)
    honest = getattr(import_module(module), name)

    def breaks(about, *more):
        if broken.visit.pk in (about.pk, getattr(about, "visit_id", None)):
            raise LookupError
        return honest(about, *more)

    with monkeypatch.context() as patch:
        patch.setattr(f"{module}.{name}", breaks)
        if not guarded:
            patch.setattr(Faults, "alone", lambda self, visit_id, act: act())
        watch.round_of_all(lambda: later(31))
    tenancy.enter(organisation_id=whole.clinic.organisation_id)
    told = RungTaken.objects.filter(visit=whole.visit).exists() and LapseStep.objects.filter(visit=whole.visit).exists()
    assert told == guarded
    assert list(Duty.objects.filter(kind="watch.failed").values_list("visit_id", flat=True)) == (
        [broken.visit.pk] if guarded else []
    )
    assert queries.last_beat("watch") == (later(31) if guarded else None)
    watch.round_of_all(lambda: later(32))
    tenancy.enter(organisation_id=whole.clinic.organisation_id)
    assert not Duty.objects.filter(kind="watch.failed", state="open").exists()
    assert queries.last_beat("watch") == later(32)


def test_h06_a_pause_silences_nothing_that_begins_during_it_and_is_high(bedside: Bedside):
    """A8, from the reading to the page: what is new and grave sounds at once, whatever was paused before."""
    for second in range(1, 20):
        bedside.send(AT + timedelta(seconds=second), message=second, HR=130, SPO2=97)
    actions.pause_audio(visit=bedside.visit, by=bedside.nurse, at=AT + timedelta(seconds=20))
    for second in range(21, 40):
        bedside.send(AT + timedelta(seconds=second), message=second, HR=130, SPO2=80)
    at = AT + timedelta(seconds=40)
    standing = queries.standing(bedside.visit, at=at)
    shown = {one["id"]: one for one in chairside.alarms(standing, at, lambda key: "", "")}
    assert not shown["HR.high"]["sounding"]
    assert shown["SPO2.low"]["priority"] == "high"
    assert shown["SPO2.low"]["sounding"]


def test_h06_a11_the_wall_draws_the_alarm_that_sounds_when_a_graver_one_was_acknowledged():
    day = f.a_day()
    f.to_running(day)
    start = day.session.started_at + timedelta(seconds=30)
    for sign in ("chest pain", "vomiting"):
        actions.observe_sign(visit=day.visit, sign=sign, by=day.nurse, at=start)
    at = start + timedelta(seconds=2)
    actions.acknowledge_alarm(visit=day.visit, condition="sign.chest pain", by=day.nurse, at=at)
    (tile,) = wall.tiles(day.nurse, at=at)
    assert (tile["alarm"]["id"], tile["alarm"]["priority"], tile["alarm"]["sounding"]) == (
        "sign.vomiting",
        "medium",
        True,
    )
    assert "sign.chest pain" in {one["id"] for one in tile["others"]}
    assert tile["worst"] == "high", "the tile keeps the colour of the gravest"
    drawn = get_template("dosing/wall.jinja").render({"tiles": [tile], "live": "", "at": at})
    assert "tile--high" in drawn
    assert "more</b>" in drawn
    assert "alarm--medium" in drawn
