"""D6: an alarm nobody answers climbs to the second person, the prescriber, the director and the card."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from ketacare.clinic.channels.models import Reach
from ketacare.clinic.duties.models import Duty, DutyStep
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.monitoring.models import AlarmSignal
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.supervision import actions, queries
from ketacare.clinic.supervision.models import Call, RungTaken
from ketacare.clinic.supervision.tests.factories import Room, later
from ketacare.medicine.monitoring.terms import Ask, Channel

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Room:
    """Everybody's page answers at every moment of the test, so that each rung is confirmed when it is taken."""
    room = Room()
    room.hurt()
    return room


def told(room: Room, *seconds: float, answering: bool = True) -> list[str]:
    """Who was told by the last of these moments, first told first."""
    for second in seconds:
        for actor in (room.second, room.prescriber, room.director) if answering else ():
            room.answer(actor, second, everywhere=True)
        room.climb(second)
    return list(RungTaken.objects.order_by("begun_at", "created_at").values_list("role", flat=True))


def acknowledge(room: Room, second: float) -> None:
    monitoring.acknowledge_alarm(visit=room.visit, condition="sign.chest pain", by=room.nurse, at=later(second))


def test_d6_steps_at_30_60_and_120_s_and_all_go_on_seeing_it(room: Room):
    assert told(room, 1, 29) == []
    assert told(room, 30, 31, 59) == ["RN"]
    assert told(room, 60, 61, 119) == ["RN", "RX"]
    assert told(room, 120, 121, 300) == ["RN", "RX", "MD"]
    assert set(Duty.objects.values_list("state", "consequence", "kind")) == {("open", 1, "alarm.unanswered")}
    assert all(duty.link.startswith(f"/sessions/{room.visit.pk}/") for duty in Duty.objects.all())
    assert queries.card_laid(room.visit)


def test_v5_d6_an_acknowledgement_taken_back_climbs_anew(room: Room):
    assert told(room, 30) == ["RN"]
    acknowledge(room, 40)
    assert told(room, 41) == ["RN"]
    monitoring.take_back_acknowledgement(visit=room.visit, condition="sign.chest pain", by=room.nurse, at=later(45))
    assert told(room, 74) == ["RN"]
    assert told(room, 75) == ["RN", "RN"]
    assert told(room, 105) == ["RN", "RN", "RX"]


def test_d6_the_end_of_a_session_ends_what_nobody_answered_with_its_reason(room: Room):
    assert told(room, 30, 60, 120) == ["RN", "RX", "MD"]
    evidence = AlarmSignal.objects.latest("id")
    assert actions.end_rungs(visit=room.visit, evidence=evidence, by=room.nurse, at=later(130)) == 3
    assert set(Duty.objects.values_list("state", flat=True)) == {"closed"}
    steps = DutyStep.objects.filter(step="closed")
    assert set(steps.values_list("reason", "recorded_by")) == {
        ("The session ended before anybody answered", room.nurse.user_id)
    }
    assert not queries.card_laid(room.visit)
    assert actions.end_rungs(visit=room.visit, evidence=evidence, by=room.nurse, at=later(131)) == 0


def test_d6_acknowledged_at_20_s_tells_nobody_until_it_rings_again_for_30_s(room: Room):
    acknowledge(room, 20)
    assert told(room, 30, 60, 120, 139) == []
    assert told(room, 141, 169) == []
    assert told(room, 171) == ["RN"], "an acknowledgement wears out after 120 s (A7)"


def test_d6_a_pause_is_no_answer(room: Room):
    monitoring.pause_audio(visit=room.visit, by=room.nurse, at=later(5))
    assert told(room, 31) == ["RN"]


def test_d6_after_a_restart_every_step_is_taken_once(room: Room):
    told(room, 31)
    watch._remembered.clear()
    assert told(room, 62, 63) == ["RN", "RX"]
    watch._remembered.clear()
    assert told(room, 200, 201) == ["RN", "RX", "MD"]


def test_d6_a_watch_that_comes_back_calls_everybody_whose_turn_it_was_once_by_each_way(room: Room):
    """Every rung was once taken in that second: a person on three of them was called three times by each way."""
    for actor in (room.second, room.prescriber, room.director):
        user = room.user(actor)
        Reach.objects.create(organisation_id=room.clinic.organisation_id, clinic=room.clinic, created_at=later(0),
                             user=user, mobile="+12075550100", by_text=True)  # fmt: skip
    assert sorted(told(room, 200, answering=False)) == ["MD", "RN", "RX"]
    assert dict(RungTaken.objects.values_list("role", "missed")) == {"RN": True, "RX": True, "MD": False}
    called = list(Call.objects.values_list("user_id", "channel"))
    assert {user for user, _ in called} == {
        room.nurse.user_id, room.second.user_id, room.prescriber.user_id, room.director.user_id,
    }, "who is nearest is not passed over for the director"  # fmt: skip
    assert len(called) == len(set(called)) == 7
    assert queries.card_laid(room.visit)
    told(room, 205, 211, 230, answering=False)
    assert Call.objects.count() == 7, "and once"


def test_d6_the_acknowledgement_closes_them_and_is_the_evidence(room: Room):
    told(room, 61)
    acknowledge(room, 70)
    told(room, 71)
    assert set(Duty.objects.values_list("state", flat=True)) == {"closed"}
    signal = AlarmSignal.objects.get(state="acknowledged")
    closings = DutyStep.objects.filter(step="closed")
    assert set(closings.values_list("evidence_kind", "evidence_id")) == {
        ("monitoring.alarmsignal", UUID(int=signal.pk))
    }


def test_d6_its_end_or_the_end_of_the_session_closes_them(room: Room):
    told(room, 31)
    monitoring.observe_sign(visit=room.visit, sign="chest pain", by=room.nurse, at=later(40), present=False)
    told(room, 41)
    assert not Duty.objects.filter(state="open").exists(), "who says that it is over has seen it"
    room.hurt(250)
    told(room, 281)
    monitoring.end_watch(visit=room.visit, by=room.nurse, at=later(290))
    told(room, 291)
    assert list(Duty.objects.values_list("state", flat=True)) == ["closed", "closed"]


def test_a17_d6_a_persons_word_that_it_is_over_takes_the_card_away_at_once(room: Room):
    told(room, 30, 60, 120)
    assert queries.card_laid(room.visit)
    monitoring.observe_sign(visit=room.visit, sign="chest pain", by=room.nurse, at=later(121), present=False)
    told(room, 122)
    assert not queries.card_laid(room.visit)
    assert not Duty.objects.filter(state="open").exists()


def test_d6_two_alarms_climb_each_for_itself_and_a_medium_one_slower(room: Room):
    room.hurt(sign="seizure")
    room.hurt(sign="vomiting")
    assert told(room, 31, 32) == ["RN", "RN"]
    told(room, 179)
    vomiting = RungTaken.objects.filter(condition="sign.vomiting")
    assert not vomiting.exists()
    told(room, 180, 299)
    assert [row.role for row in vomiting] == ["RN"]
    told(room, 300)
    assert [row.role for row in vomiting.order_by("begun_at")] == ["RN", "RX"]
    assert {row.duty.title for row in vomiting} == {"Answer an alarm"}
    assert not vomiting.filter(card_at__isnull=False).exists()


# -- what is lost or missed --------------------------------------------------------------------------------------------


@pytest.fixture
def calm() -> Room:
    """A dose acts, and nothing is wrong yet."""
    room = Room()
    monitoring.dose_acting(visit=room.visit, acting=True, by=room.nurse, at=later(0))
    return room


def rungs(condition: str) -> list[str]:
    return list(RungTaken.objects.filter(condition=condition).order_by("begun_at").values_list("role", flat=True))


def test_t2_a_signal_lost_for_over_60_s_while_a_dose_acts_climbs_without_a_card(calm: Room):
    calm.bedside.send(later(1), SPO2=97, HR=70)
    told(calm, 12, 41, 70)
    assert rungs("SPO2.lost") == [], "medium: on the screens of chair and station"
    told(calm, 72, 100)
    assert rungs("SPO2.lost") == []
    told(calm, 102, 132, 192)
    assert rungs("SPO2.lost") == ["RN", "RX", "MD"]
    whys = Duty.objects.filter(link__contains="SPO2.lost").values_list("why", flat=True)
    assert {why.split(".")[0] for why in whys} == {"High alarm: a monitor's signal is lost"}
    assert all(why.endswith("Go there.") for why in whys)
    assert not queries.card_laid(calm.visit), "nobody is known to be ill"
    calm.bedside.send(later(193), message=2, SPO2=97, HR=70)
    told(calm, 194)
    assert not Duty.objects.filter(state="open").exists()


def owe(room: Room, second: float) -> None:
    ask = Ask("sedation.15", "Sedation check", later(second))
    monitoring.schedule_checks(visit=room.visit, asks=[ask], by=room.nurse, at=later(0))


def test_t5_a_check_missed_by_10_min_within_an_hour_of_a_dose_climbs_like_any_high_alarm(calm: Room):
    calm.bedside.send(later(1), SPO2=97, HR=70)
    owe(calm, 900)
    told(calm, 900 + 599)
    assert rungs("due.sedation.15") == [], "missed since five minutes: at the station"
    told(calm, 1500, 1530, 1560, 1620)
    assert rungs("due.sedation.15") == ["RN", "RX", "MD"]
    assert {call.words for call in Call.objects.filter(rung__condition="due.sedation.15")} == {
        "High alarm: a check was missed, Chair 3"
    }
    assert not queries.card_laid(calm.visit)
    monitoring.check_done(visit=calm.visit, ask="sedation.15", by=calm.nurse, at=later(1630))
    told(calm, 1631)
    assert not RungTaken.objects.filter(condition="due.sedation.15", ended_at__isnull=True).exists()


def test_t5_long_after_the_dose_the_supervisor_is_told_of_it_too_and_later(calm: Room):
    owe(calm, 4000)
    told(calm, 4600, 4779)
    assert rungs("due.sedation.15") == []
    told(calm, 4780, 4900)
    assert rungs("due.sedation.15") == ["RN", "RX"], "the page says: missed, prescriber told"


# -- a value that goes to and fro --------------------------------------------------------------------------------------


def swing(room: Room, until: int, *stretches: tuple[int, int], begun: int = 0) -> dict[str, int]:
    """The saturation every 4 s in turn for so many seconds at each value; when each rung was first seen taken."""
    turns = [value for value, seconds in stretches for _ in range(0, seconds, 4)]
    taken: dict[str, int] = {}
    for number, second in enumerate(range(begun, until, 4)):
        room.bedside.send(later(second), message=second + 1, SPO2=turns[number % len(turns)], HR=70)
        if second % 8 == 0:
            told(room, second)
        taken |= {role: second for role in rungs("SPO2.low") if role not in taken}
    return taken


def test_g16_d6_high_and_medium_in_turn_climb_like_any_unanswered_high_alarm(calm: Room):
    taken = swing(calm, 140, (84, 12), (88, 24))
    assert 32 <= taken["RN"] <= 40
    assert 64 <= taken["RX"] <= 72
    assert 124 <= taken["MD"] <= 132
    assert RungTaken.objects.count() == 3
    assert not RungTaken.objects.filter(ended_at__isnull=False).exists(), "falling to medium is no answer"
    assert queries.card_laid(calm.visit)
    monitoring.acknowledge_alarm(visit=calm.visit, condition="SPO2.low", by=calm.nurse, at=later(139))
    told(calm, 140)
    assert not Duty.objects.filter(state="open").exists()
    assert not queries.card_laid(calm.visit)


def test_a9_d6_who_sets_the_channel_aside_has_seen_its_alarm(calm: Room):
    swing(calm, 140, (84, 200))
    assert queries.card_laid(calm.visit)
    monitoring.stop_monitoring(
        visit=calm.visit, channel=Channel.SPO2, reason="probe on a cold hand", by=calm.prescriber, at=later(140)
    )
    told(calm, 141)
    assert AlarmSignal.objects.filter(condition="SPO2.low").latest("id").state == "latched"
    assert not Duty.objects.filter(state="open").exists()
    assert not queries.card_laid(calm.visit)


def test_a6_d6_what_ended_by_itself_unseen_stays_a_duty_for_its_time(calm: Room):
    assert "RN" in swing(calm, 60, (84, 40), (97, 100))
    assert AlarmSignal.objects.filter(condition="SPO2.low").latest("id").state == "latched"
    assert Duty.objects.filter(state="open").exists()


# -- nobody confirms ---------------------------------------------------------------------------------------------------


def test_d6_a_step_nobody_confirms_in_10_s_moves_on_at_once_and_ends_with_the_card(room: Room):
    assert told(room, 30, 39, answering=False) == ["RN"]
    assert told(room, 40, 49, answering=False) == ["RN", "RX"]
    assert told(room, 50, answering=False) == ["RN", "RX", "MD"]
    assert queries.card_laid(room.visit)


def test_d6_with_nobody_at_work_the_card_is_laid_at_the_first_step(room: Room):
    User.objects.exclude(pk=room.nurse.user_id).update(is_active=False)
    actions.take(visit=room.visit, task="watches", place="room", by=room.nurse, at=later(1))
    assert sorted(told(room, 30, answering=False)) == ["MD", "RN", "RX"], "all at once, in no order"
    assert queries.card_laid(room.visit)
    assert not RungTaken.objects.filter(anybody=True).exists()


def test_d6_the_medium_ladder_lays_the_card_once_it_has_reached_nobody(room: Room):
    monitoring.observe_sign(visit=room.visit, sign="chest pain", by=room.nurse, at=later(1), present=False)
    room.hurt(1, sign="vomiting")
    told(room, 181, 191, answering=False)
    assert not queries.card_laid(room.visit)
    told(room, 201, 202, answering=False)
    assert queries.card_laid(room.visit)
    acknowledge_medium = {"visit": room.visit, "condition": "sign.vomiting", "by": room.nurse}
    monitoring.acknowledge_alarm(**acknowledge_medium, at=later(210))
    told(room, 211, answering=False)
    assert not queries.card_laid(room.visit), "answered: nobody is asked to look at the card any more"


# -- who ---------------------------------------------------------------------------------------------------------------


def called(role: str) -> set[str]:
    return {call.user.name for call in Call.objects.filter(rung__role=role).select_related("user")}


def test_d6_the_second_person_is_not_the_one_at_the_chair_and_the_supervisor_comes_before_other_prescribers(room: Room):
    actions.take(visit=room.visit, task="watches", place="room", by=room.nurse, at=later(1))
    actions.take(visit=room.visit, task="supervises", place="remote", by=room.director, at=later(1))
    told(room, 30, 60, 120)
    assert called("RN") == {"Ben Moss"}
    assert called("RX") == {"Dr Feldt"}


def test_d6_whoever_is_on_call_is_told_with_the_director(room: Room):
    safety.put_on_call(
        user=room.user(room.second), role=Role.RN, starts_at=later(-3600), ends_at=later(3600), by=room.director,
        at=later(0),
    )  # fmt: skip
    told(room, 30, 60, 120)
    assert called("MD") == {"Dr Feldt", "Ben Moss"}
    assert called("RX") == {"Dr Cho"}


def test_d7_no_call_and_no_duty_says_a_word_about_the_patient(room: Room):
    Reach.objects.create(
        organisation_id=room.clinic.organisation_id, clinic=room.clinic, created_at=later(0), mobile="+12075550100",
        user=room.user(room.second), by_voice=True, by_mail=True,
    )  # fmt: skip
    told(room, 30, 60, 120)
    assert {call.words for call in Call.objects.all()} == {"High alarm, Chair 3"}
    channels = Call.objects.filter(user=room.user(room.second)).values_list("channel", flat=True)
    assert set(channels) == {"screen", "text", "voice", "mail"}
    written = " ".join([*Call.objects.values_list("words", flat=True), *Duty.objects.values_list("why", flat=True)])
    assert "Reed" not in written
    assert "chest" not in written


# -- lapses climb too --------------------------------------------------------------------------------------------------


def test_d4_a_minute_without_anybody_is_a_high_alarm_to_the_clinic_and_climbs(room: Room):
    acknowledge(room, 0)
    room.look(0, 61)
    for second in (61, 90):
        room.climb(second)
    assert not RungTaken.objects.exists()
    room.climb(92)
    rows = RungTaken.objects.filter(condition__startswith="watch.")
    assert set(rows.values_list("condition", "rung")) == {("watch.unwatched", "second"), ("watch.inaudible", "second")}
    assert {row.duty.why.split(".")[0] for row in rows} == {"Nobody is watching", "No alarm can be heard"}
    zone = ZoneInfo(room.visit.clinic.zone)
    assert all(f"Not answered since {row.since.astimezone(zone):%H:%M:%S}, " in row.duty.why for row in rows), (
        "the words stay true however long the duty stands"
    )
    for second in (102, 112, 113):
        room.climb(second)
    assert {row.rung for row in rows.all()} == {"second", "prescriber", "director"}
    assert not queries.card_laid(room.visit), "nobody is known to be ill: no card, no call for emergency services"
    assert not Duty.objects.filter(why__contains="emergency services", why__startswith="N").exists()
    room.answer(room.second, 115, audible=True)
    room.look(115)
    room.climb(116)
    assert not Duty.objects.filter(state="open").exists()


def test_h06_a_fault_at_one_chair_keeps_nobody_from_being_told_of_another(room: Room, monkeypatch):
    other = Room(type(room.bedside)(clinic=room.clinic, address="another"), chair="Chair 4")
    other.hurt()
    honest = actions.climbing._take

    def broken(visit, *args, **kwargs):
        if visit.pk == room.visit.pk:
            raise LookupError
        return honest(visit, *args, **kwargs)

    monkeypatch.setattr(actions.climbing, "_take", broken)
    with pytest.raises(actions.NotAllTold, match="1 of 2: LookupError"):
        told(room, 31)
    assert [row.visit_id for row in RungTaken.objects.all()] == [other.visit.pk]
