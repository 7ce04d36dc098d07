"""A nurse falls ill in a session: what they held is taken over with a reason, the watch, what they owed, their note."""

from __future__ import annotations

import pytest

from ketacare.clinic.dosing.actions import notes, supervising
from ketacare.clinic.dosing.models import Kind, NoteDraft
from ketacare.clinic.dosing.queries import signed_notes, timeline
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.dosing.tests.test_effects import refused
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.people.tests.factories import browser, once

pytestmark = pytest.mark.django_db


@pytest.fixture
def day():
    day = f.a_day()
    f.to_running(day)
    return day


def test_d5_what_the_one_who_watched_had_taken_goes_with_the_watch(day):
    common = {"patient": None, "owner_role": "RN", "due_at": f.later(11), "why": "", "link": "/", "at": f.later(11)}
    for kind, visit_id in (("test.here", day.visit.pk), ("test.elsewhere", None)):
        duty = duties.open_duty(kind=kind, title="x", visit_id=visit_id, by=day.nurse, **common)
        duties.take(duty, by=day.nurse, at=f.later(12))
    supervising.take(
        session=day.session, task="watches", place="room", words="She is ill", by=day.prescriber, at=f.later(20)
    )
    owners = dict(Duty.objects.filter(kind__startswith="test.").values_list("kind", "owner_id"))
    assert owners == {"test.here": day.prescriber.user_id, "test.elsewhere": day.nurse.user_id}


def watch(day, by, at):
    supervising.take(session=day.session, task="watches", place="room", words="She is ill", by=by, at=f.later(at))


def test_d5_what_is_somebodys_by_name_or_of_a_role_that_may_stays_with_them(day):
    common = {"patient": None, "due_at": f.later(11), "why": "", "link": "/", "visit_id": day.visit.pk}
    nurses = duties.open_duty(
        kind="test.nurses", title="x", owner_role="RN", by=day.nurse, at=f.later(11), **common
    )  # fmt: skip
    duties.take(nurses, by=day.nurse, at=f.later(12))
    watch(day, day.prescriber, at=20)
    for kind, owner in (("test.named", day.user(day.prescriber)), ("test.review", None)):
        duty = duties.open_duty(
            kind=kind, title="x", owner_role="RX", owner=owner, by=day.nurse, at=f.later(21), **common
        )
        duties.take(duty, by=day.prescriber, at=f.later(22))
    handed = duties.open_duty(kind="test.handed", title="x", owner_role="RN", by=day.nurse, at=f.later(21), **common)
    duties.pass_on(
        handed, to_role="RX", to=day.user(day.prescriber), reason="Asked for", by=day.nurse, at=f.later(22)
    )  # fmt: skip
    watch(day, day.second, at=30)
    rows = Duty.objects.filter(kind__startswith="test.").values_list("kind", "owner_role", "owner_id")
    prescriber = day.prescriber.user_id
    assert set(rows) == {
        ("test.nurses", "RN", day.second.user_id), ("test.named", "RX", prescriber), ("test.review", "RX", prescriber),
        ("test.handed", "RX", prescriber),
    }  # fmt: skip


def test_i3_a_draft_that_was_begun_is_taken_over_with_a_reason_and_read_by_nobody_before(day, monkeypatch):
    act = {"session": day.session}
    notes.keep_draft(**act, words="Calm throughout", by=day.nurse, at=f.later(20))
    refused(day, lambda: notes.keep_draft(**act, words="x", by=day.second, at=f.later(21)), "Somebody else is writing")
    assert signed_notes.draft_words(day.visit, day.second.user_id) == ""
    refused(day, lambda: notes.take_over(**act, reason=" ", by=day.second, at=f.later(21)), "Why do you take it over?")
    refused(day, lambda: notes.take_over(**act, reason="x", by=day.nurse, at=f.later(21)), "Nobody else is writing")
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(22))
    monkeypatch.setattr(signed_notes, "missing", lambda session: [])
    client, address = browser(day.second), f"/sessions/{day.visit.pk}/note/"
    page = client.get(address).content.decode()
    assert "Somebody else is writing this note." in page
    assert "Calm throughout" not in page
    answer = client.post(f"{address}draft/", once(act="take_over", note_taken="She fell ill", words="Went home well"))
    assert answer.status_code == 302
    draft = NoteDraft.objects.get()
    assert (draft.author_id, draft.words) == (day.second.user_id, "Calm throughout\n\nWent home well")
    assert "Calm throughout" in client.get(address).content.decode()
    told = [row.words for row in timeline.standing(day.visit, Kind.REMARK) if row.name == "note.taken"]
    assert told == [f"Note taken over from {day.nurse.name}: She fell ill"]
