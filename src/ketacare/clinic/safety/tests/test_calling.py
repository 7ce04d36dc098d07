"""H13: people are called about a concern until one of them acknowledges it, at two in the morning as at any hour."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from ketacare.clinic import channels
from ketacare.clinic.channels import actions as calls
from ketacare.clinic.duties import tasks as duty_tasks
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role, Staff, User
from ketacare.clinic.people.tests.factories import a_clinic, a_patient, browser, someone
from ketacare.clinic.safety import actions, tasks
from ketacare.clinic.safety.actions import calling
from ketacare.clinic.safety.models import Concern, ConcernCall, ConcernRung
from ketacare.clinic.scheduling.models import Absence
from ketacare.medicine.safety import reader as safety
from ketacare.medicine.safety.terms import Tier
from ketacare.medicine.supervision import reader as supervision

pytestmark = pytest.mark.django_db
TWO_AT_NIGHT = datetime(2026, 7, 14, 6, 0, tzinfo=UTC)  # in New York


def later(minutes: float) -> datetime:
    return TWO_AT_NIGHT + timedelta(minutes=minutes)


class Night:
    """A clinic at two in the morning: Dr Amin on call, Dr Cho backup, Dr Moss the director; each with a telephone."""

    def __init__(self) -> None:
        self.clinic = a_clinic()
        self.amin, self.cho = someone(self.clinic, Role.RX, "Dr Amin"), someone(self.clinic, Role.RX, "Dr Cho")
        self.moss = someone(self.clinic, Role.MD, "Dr Moss")
        self.patient = a_patient(someone(self.clinic, Role.FD))
        for number, actor in enumerate((self.amin, self.cho, self.moss)):
            calls.set_reach(
                mobile=f"+1207555010{number}", by_text=True, by_voice=False, by_mail=False, by=actor, at=later(-600)
            )
        self.shift = actions.put_on_call(
            user=self.user(self.amin),
            role="RX",
            starts_at=later(-600),
            ends_at=later(600),
            backup=self.user(self.cho),
            by=self.moss,
            at=later(-600),
        )

    def user(self, actor: Actor) -> User:
        return User.objects.get(pk=actor.user_id)

    def answers(self, tier: int = 1, minutes: float = 0) -> Concern:
        """The patient's answer, as the link keeps it."""
        by = someone(self.clinic, Role.RN)
        return actions.raise_concern(
            patient=self.patient, tier=tier, reason_code="s1.3", source=self.patient, by=by, at=later(minutes)
        )

    def answers_by_themselves(self) -> Concern:
        """Nobody is at work but who was there."""
        by = someone(self.clinic, Role.FD)
        return actions.raise_concern(
            patient=self.patient, tier=1, reason_code="s1.3", source=self.patient, by=by, at=later(0)
        )

    def look(self, *minutes: float) -> None:
        for minute in minutes:
            tasks.climb_due(later(minute))
        self.enter()

    def enter(self) -> None:
        from ketacare.clinic.tenancy.actions import enter

        enter(organisation_id=self.clinic.organisation_id)

    def called(self) -> list[str]:
        rows = ConcernRung.objects.order_by("begun_at", "created_at")
        return [row.rung for row in sorted(rows, key=lambda row: ORDER.index(row.rung))]

    def texted(self) -> list[str]:
        rows = ConcernCall.objects.filter(channel="text").order_by("created_at")
        return [row.user.name for row in rows.select_related("user")]

    def receipt(self, who: Actor, minutes: float, delivered: bool = True) -> None:
        call = ConcernCall.objects.filter(user_id=who.user_id, channel="text").latest("created_at")
        actions.receive_receipt(receipt=call.receipt, delivered=delivered, at=later(minutes))


ORDER = ["owner", "backup", "director", "everybody"]


@pytest.fixture
def night() -> Night:
    return Night()


def test_the_owner_is_called_with_the_concern_itself(night: Night):
    concern = night.answers()
    assert (night.called(), night.texted()) == (["owner"], ["Dr Amin"])
    call = ConcernCall.objects.get(channel="text")
    assert call.words.startswith("A concern is to be answered now: ")
    assert call.words.endswith(f"/concerns/{concern.pk}/")
    assert "Reed" not in call.words


@pytest.mark.parametrize(
    "raised_at", [datetime(2026, 11, 1, 5, 50, tzinfo=UTC), datetime(2026, 11, 1, 6, 20, tzinfo=UTC)]
)
@pytest.mark.parametrize(("tier", "within"), [(1, 15), (2, 240)])
def test_h21_in_the_hour_that_comes_twice_an_answer_is_kept_and_due_after_it(raised_at, tier: int, within: int):
    """On the night the clocks go back 01:20 comes twice; an answer given then must not be due before it was given."""
    clinic = a_clinic()
    amin, moss = someone(clinic, Role.RX, "Dr Amin"), someone(clinic, Role.MD, "Dr Moss")
    user, hours = User.objects.get(pk=amin.user_id), timedelta(hours=8)
    actions.put_on_call(
        user=user, role="RX", starts_at=raised_at - hours, ends_at=raised_at + hours, by=moss, at=raised_at - hours
    )
    patient = a_patient(someone(clinic, Role.FD))
    concern = actions.raise_concern(
        patient=patient, tier=tier, reason_code="s1.3", source=patient, by=amin, at=raised_at
    )
    assert concern.see_by == concern.duty.late_at == raised_at + timedelta(minutes=within)
    assert concern.decide_by == raised_at + timedelta(hours=4)


def test_a_call_that_arrived_gives_the_owner_their_time_and_then_brings_the_next(night: Night):
    night.answers()
    night.receipt(night.amin, 0.5)
    night.look(1, 5, 14.9)
    assert night.called() == ["owner"]
    night.look(15)
    assert (night.called(), night.texted()) == (["owner", "backup"], ["Dr Amin", "Dr Cho"])
    concern = Concern.objects.get()
    assert concern.owner_id == Duty.objects.get(pk=concern.duty_id).owner_id == night.cho.user_id
    night.receipt(night.cho, 15.5)
    night.look(30)
    assert Concern.objects.get().owner_id == night.moss.user_id
    night.receipt(night.moss, 30.5)
    night.look(44)
    assert night.called() == ["owner", "backup", "director"]
    night.look(45)
    assert night.called() == ORDER


def test_a_call_that_nobody_confirms_brings_the_next_within_a_minute(night: Night):
    night.answers()
    night.look(0.9)
    assert night.called() == ["owner"]
    night.look(1)
    assert night.called() == ["owner", "backup"]
    night.look(2, 3)
    assert night.called() == ORDER


def steps() -> list[tuple[int, str]]:
    rows = ConcernRung.objects.order_by("round", "begun_at", "created_at").values_list("round", "rung")
    return sorted(rows, key=lambda row: (row[0], ORDER.index(row[1])))


def test_h13_after_everybody_it_goes_round_again_until_somebody_answers(night: Night):
    concern = night.answers()
    night.look(1, 2, 3, 17.9)
    first = [(1, rung) for rung in ORDER]
    assert steps() == first
    night.look(18)
    assert steps() == [*first, (2, "owner")]
    assert night.texted()[-1] == "Dr Amin"
    night.look(19, 20, 21, 200)
    second = [(2, rung) for rung in ORDER]
    assert steps() == [*first, *second, (3, "owner")], "of the hours in which nothing looked none is made up for"
    page = browser(night.cho).get(f"/concerns/{concern.pk}/").content.decode()
    assert "On call, time 3" in page
    assert "-2026 " in browser(night.cho).get("/concerns/").content.decode().partition("see by ")[2][:12]
    actions.acknowledge(concern, by=night.cho, at=later(201))
    night.look(202, 239)
    assert len(steps()) == 9


def test_h13_seen_and_not_decided_in_time_calls_again(night: Night):
    concern = night.answers()
    actions.acknowledge(concern, by=night.cho, at=later(0.5))
    night.look(15, 239)
    assert steps() == [(1, "owner")]
    night.look(240)
    assert steps() == [(1, "owner"), (2, "owner")]
    assert set(night.texted()[1:]) == {"Dr Cho", "Dr Amin"}, "whoever has it, and whoever is on call"
    assert ConcernCall.objects.latest("created_at").words.startswith("A concern is to be decided now")
    assert Concern.objects.get().owner_id == night.cho.user_id
    night.look(241, 242)
    assert steps()[-1] == (2, "director")
    assert Concern.objects.get().owner_id == night.moss.user_id
    actions.acknowledge(concern, by=night.cho, at=later(243))
    night.look(244, 257.9)
    assert steps()[-1] == (2, "director"), "it is somebody's again, for a while"
    night.look(258)
    assert steps()[-1] == (3, "owner")
    actions.decide(concern, finding="Spoke for long", action="Seen today", by=night.cho, at=later(259))
    night.look(300)
    assert steps()[-1] == (3, "owner")


def test_h13_thoughts_of_suicide_that_may_wait_for_the_dose_call_all_the_same(night: Night):
    by = someone(night.clinic, Role.RN)
    for code in ("s1.1", "phq-9.rise"):
        actions.raise_concern(patient=night.patient, tier=3, reason_code=code, source=night.patient, by=by, at=later(0))
    assert [row.concern.reason_code for row in ConcernRung.objects.all()] == ["s1.1"]
    assert ConcernCall.objects.get(channel="text").words.startswith("A concern is to be answered today")
    night.receipt(night.amin, 3)
    night.look(59)
    assert night.called() == ["owner"]
    night.look(60)
    assert night.called() == ["owner", "backup"]


def test_h13_each_reason_of_suicidality_is_one_that_is_raised_and_may_wait():
    sheet, found = safety.triage_sheet(), {}
    for row in sheet.rows:
        found[row.id] = row.tier
    for item, graded in sheet.answer_tiers.items():
        found |= {f"{item}.{code}": tier for code, tier in enumerate(graded.tiers)}
    found |= {f"cssrs.{tier}": finding.raises for tier, finding in safety.risk_findings().items()}
    reasons = supervision.concern_ladder().suicidality
    assert {found[reason] for reason in reasons} == {Tier.T3}
    said = {row.id for row in sheet.rows if row.tier is Tier.T3 and "suicid" in row.reason.lower()}
    assert said <= reasons


def test_h13_a_concern_behind_many_others_is_called_about_as_well(night: Night, monkeypatch):
    monkeypatch.setattr(tasks, "AT_ONCE", 2)
    by = someone(night.clinic, Role.RN)
    for minute, code in enumerate(("s1.3", "s2.2", "s3.2")):
        actions.raise_concern(
            patient=night.patient, tier=1, reason_code=code, source=night.patient, by=by, at=later(minute / 100)
        )
    night.look(2)
    assert [row.concern.reason_code for row in ConcernRung.objects.filter(rung="backup")].count("s3.2") == 1


def test_h23_a_call_that_its_gateway_did_not_take_is_handed_over_again(night: Night):
    class Busy:
        def __init__(self, times: int) -> None:
            self.times = times

        def send(self, letter: channels.Letter) -> None:
            self.times -= 1
            if self.times >= 0:
                raise channels.NotSent("busy")

    night.answers()
    through = channels.Gateways({"text": Busy(1)})
    assert [tasks.send_due(later(minute), through) for minute in (0, 0.2, 0.25)] == [1, 0, 1]
    night.enter()
    call = ConcernCall.objects.get(channel="text")
    assert (call.state, call.tries, call.failure) == ("sent", 2, "")
    night.receipt(night.amin, 0.3, delivered=False)
    call.refresh_from_db()
    assert (call.state, call.failure) == ("waiting", "not delivered"), "its gateway says that it did not arrive"
    tasks.send_due(later(1), channels.Gateways({"text": Busy(9)}))
    night.enter()
    call.refresh_from_db()
    assert (call.state, call.tries, call.failure) == ("failed", 3, "busy")


def test_h13_whoever_works_here_no_longer_is_not_called(night: Night):
    Staff.objects.filter(user_id=night.amin.user_id).update(ended_at=later(-30))
    concern = night.answers()
    assert night.called() == ["owner", "backup"]
    assert concern.owner_id == night.cho.user_id
    assert night.texted() == ["Dr Cho"]


def test_a_rung_with_nobody_on_it_brings_the_next_at_once(night: Night):
    night.shift.backup = None
    night.shift.save()
    night.answers()
    night.look(1)
    assert night.called() == ["owner", "backup", "director"]
    actions.end_shift(night.shift, by=night.moss, at=later(1))


def test_with_nobody_on_call_the_director_has_it_in_the_same_transaction(night: Night):
    actions.end_shift(night.shift, by=night.moss, at=later(-1))
    concern = night.answers()
    assert concern.owner_id == night.moss.user_id
    assert night.called() == ["owner", "backup", "director"]
    assert list(ConcernRung.objects.filter(anybody=True).values_list("rung", flat=True)) == ["director"]


def test_with_nobody_on_call_and_no_director_everybody_who_may_is_called_and_one_owns_it():
    clinic = a_clinic()
    nurse, desk = someone(clinic, Role.RN, "Ann"), someone(clinic, Role.FD)
    patient = a_patient(desk)
    concern = actions.raise_concern(
        patient=patient, tier=1, reason_code="s1.3", source=patient, by=nurse, at=TWO_AT_NIGHT
    )
    assert concern.owner_id == nurse.user_id
    assert Duty.objects.get(pk=concern.duty_id).owner_role == "RN"
    assert ConcernRung.objects.get(rung="everybody").anybody


def test_whoever_is_on_leave_is_not_called(night: Night):
    place = {"organisation_id": night.clinic.organisation_id, "clinic": night.clinic, "created_at": later(-60)}
    Absence.objects.create(**place, user=night.user(night.amin), kind="leave", starts_at=later(-60), ends_at=later(60))
    concern = night.answers()
    assert night.called() == ["owner", "backup"]
    assert concern.owner_id == night.cho.user_id


def on_leave(*people: Actor) -> None:
    for actor in people:
        Absence.objects.create(
            organisation_id=actor.organisation_id, clinic_id=actor.clinic_id, created_at=later(-60),
            user_id=actor.user_id, kind="leave", starts_at=later(-60), ends_at=later(600),
        )  # fmt: skip


def test_h13_where_all_of_the_role_are_on_leave_whoever_else_may_take_it_up_is_called(night: Night):
    nurse = someone(night.clinic, Role.RN, "Ann")
    on_leave(night.amin, night.cho, night.moss)
    concern = night.answers_by_themselves()
    assert (concern.owner_id, night.called()) == (nurse.user_id, ["owner", "backup", "director", "everybody"])
    assert ConcernRung.objects.get(rung="everybody").anybody


def test_h13_where_everybody_is_on_leave_they_are_called_all_the_same(night: Night):
    on_leave(night.amin, night.cho, night.moss)
    night.answers_by_themselves()
    assert set(ConcernCall.objects.filter(channel="text").values_list("user_id", flat=True)) == {
        night.amin.user_id, night.cho.user_id, night.moss.user_id
    }  # fmt: skip


def test_what_may_wait_for_the_day_climbs_slowly_and_what_waits_for_the_dose_calls_nobody(night: Night):
    night.answers(tier=3)
    night.look(600)
    assert night.called() == []
    night.answers(tier=2)
    night.receipt(night.amin, 3)
    night.look(59)
    assert night.called() == ["owner"]
    night.look(60)
    assert night.called() == ["owner", "backup"]


def test_acknowledged_by_anybody_who_may_nobody_more_is_called(night: Night):
    concern = night.answers()
    client = browser(night.cho)
    assert client.get(f"/concerns/{concern.pk}/").status_code == 200
    actions.acknowledge(concern, by=night.cho, at=later(0.5))
    assert ConcernCall.objects.get(channel="text").failure == "answered before it was sent"
    assert tasks.send_due(later(1), channels.Gateways({})) == 0
    night.look(1, 15, 30, 45)
    assert night.called() == ["owner"]
    assert Concern.objects.get().owner_id == night.cho.user_id


def test_opening_the_page_receives_the_call_and_is_no_answer(night: Night):
    concern = night.answers()
    assert actions.note_opened(concern, by=night.amin, at=later(0.4)) == 1
    assert ConcernRung.objects.get().confirmed_at == later(0.4)
    assert actions.note_opened(concern, by=night.cho, at=later(0.5)) == 0
    night.look(14)
    assert night.called() == ["owner"]
    night.look(15)
    assert night.called() == ["owner", "backup"]


def test_looking_again_calls_nobody_twice_and_the_duty_climbs_no_faster_than_the_ladder(night: Night):
    night.answers()
    night.receipt(night.amin, 0.5)
    for _ in range(3):
        night.look(15)
    night.enter()
    assert ConcernCall.objects.filter(channel="text").count() == 2
    assert duty_tasks.escalate_due(later(15)) == 0, "the ladder has just given it to the backup"
    assert duty_tasks.escalate_due(later(30)) == 1, "with every caller dead the duty still climbs"


def test_a_fault_of_calling_silences_no_concern(night: Night, monkeypatch):
    def broken(*_, **__):
        raise ValueError("no such address")

    monkeypatch.setattr(calling, "take", broken)
    concern = night.answers()
    assert concern.owner_id == night.amin.user_id
    assert night.called() == []
    monkeypatch.undo()
    night.look(0.1)
    assert night.called() == ["owner"]


def test_the_gateway_reports_over_its_own_signed_door(night: Night):
    concern = night.answers()
    call = ConcernCall.objects.get(channel="text")

    def report(kind: str, **more: str) -> int:
        body = {"id": channels.receipt_id(call, kind), "state": "delivered"} | more
        return Client().post("/concerns/receipts/", json.dumps(body), content_type="application/json").status_code

    assert report("calls") == 403, "the receipt of an alarm's call proves nothing here"
    assert report("pages") == 204
    night.enter()
    assert ConcernRung.objects.get().confirmed_at is not None
    page = browser(night.amin).get(f"/concerns/{concern.pk}/").content.decode()
    assert "Who was called" in page
    assert "Dr Amin, text message: delivered" in page


def test_sent_by_the_caller_with_what_the_gateway_made_of_it(night: Night):
    class Said:
        def __init__(self) -> None:
            self.said: list[tuple[str, str]] = []

        def send(self, letter: channels.Letter) -> None:
            self.said.append((letter.address, letter.body))

    text, concern = Said(), night.answers()
    assert tasks.send_due(later(0.1), channels.Gateways({"text": text})) == 1
    assert text.said[0][0] == "+12075550100"
    assert str(concern.pk) in text.said[0][1]
    assert tasks.send_due(later(0.2), channels.Gateways({"text": text})) == 0
