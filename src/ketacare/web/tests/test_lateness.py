"""G20: while alarms are late, exports and reports give way first, and say until when; nothing else does."""

import asyncio
import time
from datetime import timedelta

import pytest
from django.urls import reverse

from ketacare.clinic.audit.models import Line
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import queries
from ketacare.clinic.people.access import guard_of
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import a_clinic, browser, just_confirmed, once, someone
from ketacare.exchange.mailroom.receive import Letter
from ketacare.web import clock, lateness
from ketacare.web.gateway.writer import Writer
from ketacare.web.pages import audit

WAITS = (
    *("audit-export", "audit-verify", "billing-csv", "programme", "programme-table", "programme-picture"),
    "safety-numbers",
)


@pytest.fixture
def auditor(db):
    return just_confirmed(browser(someone(a_clinic(), Role.AU)))


def exported(client):
    return client.post(reverse("audit-export"), {"purpose": "inspection"})


def beats(late_s, *, process="watch", ago_s=0.0):
    monitoring.beat(process=process, at=clock.now() - timedelta(seconds=ago_s), late_s=late_s)


def test_the_worst_of_the_last_seconds_counts_and_then_is_forgotten(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(lateness.time, "monotonic", lambda: now[0])
    lately = lateness.Lately(counts_for_s=10)
    assert lately.worst_s() == 0
    for late_s in (0.1, 0.9, 0.2):
        lately.note(late_s)
        now[0] += 4
    assert lately.worst_s() == 0.9
    now[0] += 5
    assert lately.worst_s() == 0.2
    now[0] += 10
    assert lately.worst_s() == 0


@pytest.mark.parametrize(
    ("process", "late_s", "ago_s"), [("watch", 0.6, 0), ("gateway here:2575", 0.6, 0), ("gateway here:2575", 0.0, 3)]
)
def test_g20_an_export_gives_way_while_the_alarm_path_is_late(auditor, process, late_s, ago_s):
    beats(late_s, process=process, ago_s=ago_s)
    answer = exported(auditor)
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert "Exports and reports wait: this computer is busy with the alarms" in answer.text
    assert "Try again in 30 seconds." in answer.text
    assert not Line.objects.filter(verb="audit.export").exists()


@pytest.mark.parametrize(("late_s", "ago_s"), [(0.4, 0), (0.0, 1.5), (9.0, 40)])
def test_g20_control_arm_in_time_it_is_served(auditor, monkeypatch, late_s, ago_s):
    """Also when whoever was late is gone for so long that giving way helps nobody."""
    at = clock.now()
    monkeypatch.setattr(clock, "now", lambda: at)  # however long the machine stands still
    beats(late_s, ago_s=ago_s)
    assert exported(auditor)["Content-Type"].startswith("text/csv")


@pytest.mark.parametrize("turn", [1, 2])
def test_what_one_test_hands_on_late_holds_nothing_back_in_the_next(turn):
    assert lateness.handed_on.worst_s() == 0
    lateness.handed_on.note(9)


def test_g20_what_the_screens_are_handed_late_counts_too(auditor):
    lateness.handed_on.note(0.6)
    assert exported(auditor).status_code == 503


def test_g20_a_part_of_a_page_and_a_machine_are_told_as_well(auditor):
    beats(0.6)
    part = auditor.post(reverse("audit-verify"), once(), headers={"HX-Request": "true", "HX-Target": "chain"})
    assert (part.status_code, part["Retry-After"], "Try again" in part.text) == (422, "30", True)
    told = auditor.post(reverse("audit-export"), {"purpose": "inspection"}, headers={"Accept": "application/json"})
    (error,) = told.json()["errors"]
    assert (told.status_code, error["field"], error["remedy"]) == (503, "Export or report", "Try again in 30 seconds.")


def test_g20_only_exports_and_reports_give_way():
    from tests.architecture.test_routes import ROUTES

    assert {route.name for route in ROUTES if route.guard and route.guard.gives_way} == set(WAITS)


def test_g20_what_care_needs_is_served_however_late(db):
    beats(30)
    nurse = browser(someone(a_clinic(), Role.RN))
    for name in ("duties", "wall", "sessions", "patients"):
        assert nurse.get(reverse(name)).status_code == 200


def test_g20_one_export_is_made_at_a_time(auditor, monkeypatch):
    answers = []

    def sheet(rows, zone):
        answers.append(exported(auditor))
        return ""

    monkeypatch.setattr(audit, "sheet", sheet)
    assert exported(auditor).status_code == 200
    assert [answer.status_code for answer in answers] == [503]
    assert "another is being made" in answers[0].text
    assert "alarms" not in answers[0].text
    assert "what you asked for is still on that page" in answers[0].text, "it was sent by a form"
    assert answers[0]["Retry-After"] == "5"


def test_g20_a_page_that_waits_for_another_says_so_and_is_asked_for_again_by_one_press(db, monkeypatch):
    """ "Alarms come first" only where that is why."""
    director = browser(someone(a_clinic(), Role.MD))
    address = reverse("programme") + "?scale=phq-9&span=all"
    with monkeypatch.context() as patch:
        patch.setattr(lateness._one_at_a_time, "acquire", lambda blocking: False)
        taken = director.get(address)
    beats(0.6)
    late = director.get(address)
    for answer, head, again_s in (
        (taken, "Not yet: somebody else's page is being worked out", "5"),
        (late, "Not now: alarms come first", "30"),
    ):
        text = answer.text.replace("&#39;", "'")
        assert (answer.status_code, answer["Retry-After"]) == (503, again_s)
        assert head in text
        assert 'href="/programme/?scale=phq-9&amp;span=all">Try again' in text
        assert "Go back" not in text, "there may be no page to go back to"


def test_g20_one_that_fails_does_not_keep_the_others_waiting(auditor, monkeypatch):
    monkeypatch.setattr(audit, "sheet", lambda rows, zone: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        exported(auditor)
    monkeypatch.undo()
    assert exported(auditor).status_code == 200


def test_a_watch_that_never_beat_is_not_late(db):
    assert queries.lateness(clock.now()) == timedelta()
    assert guard_of(audit.export).gives_way


def test_g20_a_message_that_waits_for_its_answer_makes_the_gateway_late(monkeypatch):
    """While it waits, and some seconds after it was answered."""

    def held_up(_, letters, impatient):
        time.sleep(0.2)
        return [b"answer"] * len(letters)

    monkeypatch.setattr(Writer, "commit", held_up)

    async def scenario():
        writer = Writer(clock.now)
        committing = asyncio.create_task(writer.run())
        answer = await writer.submit(Letter(b"MSH|", clock.now(), "10.0.0.9"))
        await asyncio.sleep(0.1)
        while_waiting = writer.late_s()
        await answer
        committing.cancel()
        writer.thread.shutdown()
        return while_waiting, writer.late_s()

    while_waiting, after = asyncio.run(scenario())
    assert while_waiting >= 0.1
    assert after >= 0.2
