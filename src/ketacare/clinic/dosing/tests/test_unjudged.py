"""A session whose alarms cannot be judged: its pages open and say so, and it is charted, stopped and left (D9)."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.urls import get_resolver, reverse

from ketacare.clinic.dosing.actions import giving, helping, leaving, release, signs
from ketacare.clinic.dosing.models import Session, SessionState, TimelineEntry
from ketacare.clinic.dosing.queries import chairside, going_home
from ketacare.clinic.dosing.queries import helping as queries
from ketacare.clinic.dosing.queries.facts import known
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.dosing.tests.test_giving import second_is_ready
from ketacare.clinic.duties.models import Consequence, Duty
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.monitoring.models import Reading, Watch
from ketacare.clinic.people.tests.factories import browser, once
from ketacare.clinic.tenancy.refusals import Refused

ORDERED = {
    "act": "ordered", "own_drug": "naloxone", "own_amount": "0.4", "own_unit": "mg", "own_route": "IV",
    "own_why": "sedation", "confirm": "own_amount", "own_amount_asked": "0.4|naloxone||mg|IV|",
}  # fmt: skip

pytestmark = pytest.mark.django_db


def unreadable(day, monkeypatch):
    Watch.objects.filter(visit=day.visit).update(state="{broken", state_version=1)
    watch._remembered.clear()


def unsteppable(day, monkeypatch):
    def breaks(*_):
        raise LookupError

    monkeypatch.setattr("ketacare.clinic.monitoring.actions.watching._stepped", breaks)


def without_its_limits(day, monkeypatch):
    def breaks(*_):
        raise LookupError

    unreadable(day, monkeypatch)
    monkeypatch.setattr("ketacare.medicine.monitoring.rules.limits_from_plain", breaks)


BREAKS = pytest.mark.parametrize("breaks", [unreadable, unsteppable])
NO_STATE = pytest.mark.parametrize("breaks", [without_its_limits])
EVERY_BREAK = pytest.mark.parametrize("breaks", [unreadable, unsteppable, without_its_limits])
READ = {
    "session", "session-label", "session-readings", "session-card", "session-downtime", "session-release",
    "session-transfer", "session-rems", "session-replay", "note-pdf", "session-take-home", "session-escort-sheet",
}  # fmt: skip
# Of a session under way, what each route is sent; `refused` is what nothing but the engine can do.
POSTS = [
    ("session-event", {"kind": "nausea"}),
    ("session-event", {"kind": "vomiting"}),
    ("session-event", {"kind": "chest pain"}),
    ("session-event", {"words": "Sees colours"}),
    ("session-grid", {"bp": "186/112", "nausea": "2", "moaas": "4"}),
    ("session-skip", {"column": "5", "reason": "Asleep and calm"}),
    ("session-help", {}),
    ("session-present", {}),
    ("session-emergency", {"what": "begin"}),
    ("session-effects", {"act": "chart", "effect": "headache", "grade": "2"}),
    ("session-effects", ORDERED),
    ("session-dose", {"step": "pause", "reason": "chest pain"}),
    ("session-dose", {"step": "rate", "new_ml_per_h": "100", "reason": "nausea"}),
    ("session-dose", {"step": "read_pump", "shown_ml": "25"}),
    ("session-dose", {"step": "stop", "reason": "chest pain", "pump_ml": "25"}),
    ("session-post", {"task": "supervises", "act": "move", "place": "remote"}),
    ("session-undo", {}),
    ("session-amend", {"words": "No colours", "reason": "other words"}),
    ("session-limits", {"act": "move", "line:HR.high_medium": "115", "why": "Rests at 60"}),
    ("session-limits", {"act": "aside", "group": "etco2", "reason": "not used"}),
    ("session-limits", {"act": "again", "group": "etco2"}),
    ("session-alarm-pause", {}),
    ("session-alarm-pause", {"sound": "on"}),
    ("session-alarm-seen", {}),
    ("session-alarm-seen", {"slip": "1"}),
]
REFUSED = {"session-limits", "session-alarm-pause", "session-alarm-seen"}
# Those that come before the dose or after it and ask nothing of the alarms, or have a test of their own here.
ELSEWHERE = {
    "session-check-in", "session-answer", "session-medicines", "session-vitals", "session-weight", "session-decide",
    "session-call-off", "session-order", "session-order-second", "session-planning", "session-prediction",
    "session-second", "session-draw", "session-undo-draw", "session-double-check", "session-time-out", "session-start",
    "session-reading-amend", "session-monitor", "session-advice", "session-read-back", "session-advice-answer",
    "session-presence",
    "session-self-test", "session-criteria", "session-leave", "session-way-home", "session-waste",
    "session-close", "note", "note-draft", "note-sign",
}  # fmt: skip


@pytest.fixture
def day(monkeypatch, running_day):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(20))
    return running_day


def url(day, rest=""):
    return f"/sessions/{day.visit.pk}/{rest}"


def test_d9_the_pages_of_a_session_that_cannot_be_read_open_and_the_chair_says_not_live(day, monkeypatch):
    unreadable(day, monkeypatch)
    client = browser(day.nurse)
    assert "NOT LIVE" in client.get(url(day)).content.decode()
    for page in ("readings/", "limits/", "card/", "release/"):
        assert client.get(url(day, page)).status_code == 200, page
    standing = watch.standing(day.visit, at=f.later(20))
    assert standing.unjudged_since == f.later(20)
    assert {value["value"] for value in chairside.vitals(standing, watch.latest(day.visit), f.later(20))} == {"---"}


@BREAKS
def test_d9_it_is_charted_by_hand_and_stopped(day, monkeypatch, breaks):
    breaks(day, monkeypatch)
    client = browser(day.nurse)
    posts = {
        "grid/": {"bp": "186/112", "hr": "90"},
        "event/": {"kind": "chest pain"},
        "emergency/": {"what": "begin"},
        "dose/": {"step": "stop", "reason": "chest pain", "pump_ml": "25"},
    }
    for page, form in posts.items():
        answer = client.post(url(day, page), once(**form))
        assert answer.status_code in (200, 204, 302), (page, answer.content.decode()[:300])
    charted = Reading.objects.get(visit=day.visit, channel="NIBP_SYS", source="hand", value=186)
    assert TimelineEntry.objects.filter(visit=day.visit, name="chest pain").exists()
    struck = client.post(url(day, f"readings/{charted.pk}/amend/"), once(in_error="on", reason="Wrong arm"))
    assert struck.status_code == 302
    assert Reading.objects.filter(amends=charted, in_error=True).exists()
    assert Session.objects.get().state == SessionState.RECOVERY
    told = set(Duty.objects.filter(visit_id=day.visit.pk, state="open").values_list("kind", flat=True))
    assert {"watch.failed", "readings.review"} <= told, "what was typed could not sound"
    assert "NOT LIVE" in client.get(url(day)).content.decode()


@BREAKS
def test_d9_it_is_left_and_closed(day, monkeypatch, breaks):
    breaks(day, monkeypatch)
    f.giving.stop(session=day.session, reason="", complete=True, by=day.nurse, at=f.later(50))
    f.make_well(day)
    said = {"why": "Alarms cannot be judged", "prescriber_told": "Dr Cho, here, has looked"}
    leave = leaving.Leaving(leaving.EARLY, said)
    leaving.leave_otherwise(session=day.session, leaving=leave, by=day.prescriber, at=f.later(105))
    assert Watch.objects.get(visit=day.visit).ended_at is not None


def test_h12_a_high_alarm_that_cannot_be_read_is_not_none(day, monkeypatch):
    f.giving.stop(session=day.session, reason="", complete=True, by=day.nurse, at=f.later(50))
    signs.seen(session=day.session, sign="chest pain", by=day.nurse, at=f.later(60))
    f.vitals(day, spo2=80, at=f.later(70))
    f.make_well(day)
    unreadable(day, monkeypatch)
    said = {"why": "Alarms cannot be judged", "prescriber_told": "Dr Cho, here, has looked"}
    act = {"session": day.session, "at": f.later(105)}

    def early():
        leaving.leave_otherwise(**act, leaving=leaving.Leaving(leaving.EARLY, said), by=day.prescriber)

    assert going_home.release(day.session, at=f.later(105), zone="UTC").ready is False
    with pytest.raises(Refused, match="chest pain"):
        early()
    signs.over(session=day.session, sign="chest pain", by=day.nurse, at=f.later(104))
    facts = {"pain_acceptable": known(True)}
    release.record_criteria(session=day.session, facts=facts, words="", by=day.nurse, at=f.later(104.5))
    judged = going_home.release(day.session, at=f.later(105), zone="UTC")
    assert [one.words for one in judged.unmet if one.id == "RC-1"] == [
        "Alarms of this session cannot be judged: the prescriber decides"
    ]
    with pytest.raises(Refused, match="cannot be judged"):
        release.let_go(**act, by=day.nurse)
    early()


# --- every route of it ------------------------------------------------------------------------------------------------


def test_every_route_of_a_session_is_sorted():
    routes = [one for entry in get_resolver().url_patterns for one in getattr(entry, "url_patterns", [])]
    names = {one.name for one in routes if str(one.pattern).startswith("sessions/<uuid:visit_id>/")}
    assert names == {name for name, _ in POSTS} | ELSEWHERE | READ


@NO_STATE
def test_d9_every_page_of_the_session_opens(day, monkeypatch, breaks):
    breaks(day, monkeypatch)
    client = browser(day.prescriber)
    answers = {name: client.get(reverse(name, kwargs={"visit_id": day.visit.pk})).status_code for name in READ}
    assert set(answers.values()) <= {200, 302, 404}, answers


@EVERY_BREAK
def test_d9_every_form_of_the_session_answers_and_what_only_the_engine_does_is_refused(day, monkeypatch, breaks):
    remark = f.timeline.record(
        session=day.session, kind=f.Kind.REMARK, name="", words="Sees colours", by=day.prescriber, at=f.later(19.95)
    )
    breaks(day, monkeypatch)
    client = browser(day.prescriber)
    wrong = []
    for name, form in POSTS:
        more = {"entry_id": remark.pk} if name in ("session-undo", "session-amend") else {}
        more |= {"condition": "HR.high"} if name == "session-alarm-seen" else {}
        address = reverse(name, kwargs={"visit_id": day.visit.pk, **more})
        try:
            with transaction.atomic():
                answer = client.post(address, once(**form))
                transaction.set_rollback(True)
            refused = answer.status_code == 422 and "NOT LIVE" in answer.content.decode()
            if not (refused if name in REFUSED else answer.status_code in (200, 204, 302)):
                wrong.append((name, form, answer.status_code, answer.content.decode()[-300:]))
        except Exception as fault:  # noqa: BLE001 - all of them at once
            wrong.append((name, form, repr(fault)))
    assert wrong == []


@BREAKS
def test_h11_d9_a_call_for_help_is_somebodys_to_answer_though_nothing_can_sound(day, monkeypatch, breaks):
    breaks(day, monkeypatch)
    helping.call_help_from_room(chair=day.visit.chair, at=f.later(20))
    assert queries.told_in_room(day.visit.chair, f.later(20.1)).called_at == f.later(20)
    (duty,) = Duty.objects.filter(kind="help.room", state="open")
    assert (duty.visit_id, duty.owner_role, duty.consequence) == (day.visit.pk, "RN", Consequence.LIFE)
    helping.be_present(session=day.session, by=day.nurse, at=f.later(21))
    assert not Duty.objects.filter(kind="help.room", state="open").exists()


def test_h11_d9_a_look_before_the_call_does_not_answer_it_though_its_press_arrives_later(day, monkeypatch):
    unreadable(day, monkeypatch)
    helping.call_help(session=day.session, place="chair", by=day.nurse, at=f.later(20))

    def looked(seen_at, at):
        helping.be_present(session=day.session, by=day.nurse, at=f.later(at), happened_at=f.later(seen_at))
        return not Duty.objects.filter(kind="help.room", state="open").exists()

    assert not looked(18, at=22)
    assert queries.told_in_room(day.visit.chair, f.later(22.1)).called_at == f.later(20)
    assert looked(20.5, at=22.5)
    assert queries.told_in_room(day.visit.chair, f.later(22.6)).called_at is None, "somebody has come"


@BREAKS
def test_d9_a_device_in_the_hand_is_charted_and_no_new_dose_begins(monkeypatch, breaks):
    day = f.a_day(sheet="p-esk-trd")
    f.two_devices(day)
    breaks(day, monkeypatch)
    f.giving.give_piece(session=day.session, serial="D2", early="", by=day.nurse, at=f.later(16))
    assert Session.objects.get().state == SessionState.RECOVERY
    assert Duty.objects.filter(visit_id=day.visit.pk, kind="watch.failed", state="open").exists()


@BREAKS
def test_d9_no_dose_begins_under_alarms_that_nobody_judges(monkeypatch, breaks):
    day = f.a_day()
    f.to_checked(day)
    f.checking.time_out(session=day.session, said=f.SAID, **f.said_by(day), by=day.nurse, at=f.later(9))
    breaks(day, monkeypatch)
    with pytest.raises(Refused, match="NOT LIVE"):
        f.giving.start(session=day.session, by=day.nurse, at=f.later(10))
    assert Session.objects.get().started_at is None


@NO_STATE
def test_d9_a_second_injection_is_a_prescribers_to_give_while_nobody_judges_how_calm_it_is(monkeypatch, breaks):
    day = f.a_day(sheet="p-im-kap")
    f.one_injection(day)
    second_is_ready(day)
    breaks(day, monkeypatch)
    with pytest.raises(Refused, match="cannot be judged"):
        giving.give_second(session=day.session, by=day.nurse, at=f.later(26))
    giving.give_second(session=day.session, by=day.prescriber, at=f.later(26.1))
    assert Session.objects.get().dose_ended_at == f.later(26.1)
    assert Duty.objects.filter(visit_id=day.visit.pk, kind="watch.failed", state="open").exists()
