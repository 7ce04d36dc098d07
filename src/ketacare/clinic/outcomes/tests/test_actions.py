"""Asking, keeping, scoring: nothing missing becomes zero, and no safety answer is ever unseen."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction

from ketacare.clinic.duties.models import Duty
from ketacare.clinic.duties.tests.factories import AT, Place, place
from ketacare.clinic.outcomes import access, actions, queries, tasks
from ketacare.clinic.outcomes.actions import answering
from ketacare.clinic.outcomes.models import Answers, MessageOut, Score
from ketacare.clinic.outcomes.tests.factories import a_visit, the_asks
from ketacare.clinic.people.access import NotAllowed, NotHere
from ketacare.clinic.people.models import Role
from ketacare.clinic.safety.models import Concern
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.safety.reader import triage_sheet

pytestmark = pytest.mark.django_db
MORNING = timedelta(hours=2)  # the next day's check-in opens at six, in the quiet hours: its message waits until eight
PHQ = {str(item): 1 for item in range(1, 10)}


@pytest.fixture
def here() -> Place:
    return place()


def record(here: Place, answers, instrument: str = "phq-9", by=None, patient=None, **details):
    return actions.record_answers(
        patient=patient or here.patient(),
        instrument=instrument,
        answers=answers,
        source="clinician",
        happened_at=AT,
        by=by or here.staff(Role.RN),
        at=AT,
        **details,
    )


def test_a_nurse_may_record_an_auditor_may_read_and_the_other_patient_may_not(here: Place):
    patient = here.patient()
    assert record(here, PHQ | {"9": 0}, patient=patient, by=here.staff(Role.RN)).total == 8
    for actor in (here.staff(Role.AU), here.the_patient(here.patient())):
        with pytest.raises(NotAllowed):
            record(here, PHQ, patient=patient, by=actor)
    assert record(here, PHQ | {"9": 0}, patient=patient, by=here.the_patient(patient)).band == "mild"


def test_a_missing_answer_leaves_no_total_and_no_band(here: Place):
    score = record(here, PHQ | {"3": None, "9": 0})
    assert (score.total, score.band, score.sum_answered) == (None, "", 7)
    assert "3" in score.missing_items
    empty = record(here, {})
    assert (empty.total, empty.sum_answered) == (None, 0)


def test_safety_questions_have_no_total_that_could_read_as_zero(here: Place):
    assert record(here, {f"s{item}": 0 for item in range(1, 6)}, "safety-items").total is None


def test_an_impossible_code_is_refused_and_nothing_is_kept(here: Place):
    for answers in ({"9": 4}, {"10x": 1}, {"1": True}):
        with pytest.raises(Refused):
            record(here, answers)
    assert not Answers.objects.exists()


@pytest.mark.parametrize(
    ("instrument", "answers", "tier"),
    [
        ("phq-9", {"9": 3}, 1),
        ("phq-9", {"9": 1}, 2),
        ("safety-items", {"s1": 3}, 1),
        ("safety-items", {"s1": 2}, 2),
        ("safety-items", {"s2": 2}, 1),
        ("safety-items", {"s3": 2}, 1),
        ("mood-vas", {"1": 95}, 3),
    ],
)
def test_h13_a_safety_answer_raises_its_concern_on_an_unfinished_form(here: Place, instrument, answers, tier):
    record(here, answers, instrument)
    assert Concern.objects.get().tier == tier


def test_h13_the_answer_and_its_concern_are_one_transaction(here: Place, monkeypatch):
    """Killed anywhere between the two: neither is there, so the patient is asked again; never an answer alone."""

    def killed(**_):
        raise KeyboardInterrupt

    monkeypatch.setattr(answering.safety, "raise_concern", killed)
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        record(here, {"9": 3})
    assert not Answers.objects.exists()
    monkeypatch.undo()
    record(here, {"9": 3})
    assert (Answers.objects.count(), Concern.objects.count()) == (1, 1)


def test_h13_answering_on_raises_nothing_twice_and_taking_back_clears_nothing(here: Place):
    ask = the_asks(here)["next_day"]
    link = access.link_actor(ask)
    for code in (2, 2, 3, 0):
        actions.keep_answers(
            patient=ask.patient,
            instrument="safety-items",
            answers={"s1": code},
            source="patient",
            happened_at=AT,
            by=link,
            at=AT,
            ask=ask,
        )
    assert sorted(Concern.objects.values_list("tier", "state")) == [(1, "open"), (2, "open")]
    assert Answers.objects.count() == 3
    assert queries.values(ask, "safety-items") == {"s1": 0}


def test_a_link_answers_its_own_ask_and_no_other(here: Place):
    mine, other = the_asks(here)["next_day"], the_asks(here)["next_day"]
    for ask, patient in ((other, other.patient), (None, mine.patient)):
        with pytest.raises(NotAllowed):
            record(here, {"1": 10}, "mood-vas", by=access.link_actor(mine), patient=patient, ask=ask)


def test_k1_a_forged_withdrawn_or_foreign_link_is_not_here(here: Place):
    ask = the_asks(here)["next_day"]
    token = access.token_for(ask)
    assert access.ask_by_link(token) == ask
    for forged in (
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        "x" + token,
        "",
        "nothing.at-all",
        token.split(".")[0],
    ):
        with pytest.raises(NotHere):
            access.ask_by_link(forged)
    actions.new_link(ask, by=here.staff(Role.FD), at=AT)
    with pytest.raises(NotHere):
        access.ask_by_link(token)


def test_finishing_scores_every_instrument_closes_the_duty_and_stops_reminders(here: Place):
    ask = the_asks(here)["next_day"]
    link, at = access.link_actor(ask), ask.opens_at + MORNING
    tasks.deliver_due(at, caught=True)
    here.enter()
    answers = {item.id: 0 for item in triage_sheet().items.items}
    actions.keep_answers(
        patient=ask.patient, instrument="safety-items", answers=answers, source="patient",
        happened_at=at, by=link, at=at, ask=ask,
    )  # fmt: skip
    for _ in range(2):
        done = actions.finish(ask, by=link, at=at)
    assert done.state == "answered"
    assert sorted(Score.objects.values_list("instrument", flat=True)) == sorted(ask.instruments)
    assert not Score.objects.exclude(total=None).exists()
    assert Duty.objects.get(pk=ask.duty_id).state == "closed"
    assert sorted(MessageOut.objects.filter(ask=ask).values_list("state", flat=True)) == [
        "caught",
        "needless",
        "needless",
    ]


def test_after_an_outage_one_message_goes_out_and_none_with_a_dead_link(here: Place):
    asks = the_asks(here)
    tasks.deliver_due(asks["next_day"].closes_at, caught=True)
    here.enter()
    assert sorted(asks["next_day"].messages.values_list("state", flat=True)) == ["caught", "needless", "needless"]
    tasks.deliver_due(asks["week"].link_until, caught=True)
    here.enter()
    assert set(asks["week"].messages.values_list("state", flat=True)) == {"needless"}


def test_a_silent_patient_is_called_and_two_silences_are_graver(here: Place):
    asks = the_asks(here)
    assert tasks.close_missed(asks["next_day"].closes_at) == 2
    here.enter()
    assert sorted(Concern.objects.values_list("tier", "reason_code")) == [(2, "missed"), (3, "missed")]
    assert Duty.objects.filter(kind=actions.FOLLOW_UP, state="open").count() == 4


def test_h23_without_a_gateway_sending_is_a_duty_that_says_so(here: Place):
    ask = the_asks(here)["next_day"]
    morning = ask.opens_at + MORNING
    for at in (morning, morning, ask.closes_at):
        tasks.deliver_due(at, caught=False)
        here.enter()
    assert sorted(ask.messages.values_list("state", flat=True)) == ["needless", "needless", "waiting"]
    duty = Duty.objects.get(kind="message.send", patient=ask.patient, due_at=ask.opens_at)
    assert (duty.owner_role, duty.why) == ("FD", "No message gateway is connected")
    actions.sent_by_hand(duty.message, by=here.staff(Role.FD), at=morning)
    assert Duty.objects.get(pk=duty.pk).state == "closed"


@pytest.mark.parametrize(
    "dose_at",
    [datetime(2026, 3, 7, 15, 0, tzinfo=UTC), datetime(2026, 10, 31, 15, 0, tzinfo=UTC), AT],
    ids=["spring", "autumn", "no change"],
)
def test_h21_asks_are_elapsed_hours_over_a_clock_change(here: Place, dose_at):
    asks = the_asks(here, dose_at=dose_at)
    assert asks["next_day"].due_at - dose_at == timedelta(hours=24)
    assert asks["week"].opens_at - dose_at == timedelta(days=7)
    zone = ZoneInfo(here.clinic.zone)
    shift = asks["next_day"].due_at.astimezone(zone).utcoffset() - dose_at.astimezone(zone).utcoffset()
    assert shift == {3: timedelta(hours=1), 10: timedelta(hours=-1)}.get(dose_at.month, timedelta(0))


def test_the_phq_9_is_never_asked_within_a_week(here: Place):
    for ask in the_asks(here).values():
        assert "phq-9" not in ask.instruments or ask.opens_at >= ask.dose_at + timedelta(days=7)


def test_scheduling_twice_asks_once_and_the_next_dose_takes_the_place_of_the_week(here: Place):
    patient = here.patient()
    first = the_asks(here, patient)["week"]
    again = actions.schedule_asks(visit=first.visit, dose_at=AT, by=here.staff(Role.RN), at=AT)
    assert len(again) == 4
    soon = here.patient()
    a_visit(here, soon, AT + timedelta(days=3))
    assert sorted(the_asks(here, soon)) == ["next_day", "same_evening"]


def test_the_integration_duty_goes_to_the_therapist_or_to_the_desk(here: Place):
    alone, cared = here.patient(), here.patient()
    therapist = here.staff(Role.TH)
    here.assign(cared, therapist)
    the_asks(here, alone), the_asks(here, cared)
    owners = {
        duty.patient_id: (duty.owner_role, duty.owner_id) for duty in Duty.objects.filter(kind=actions.INTEGRATION)
    }
    assert owners == {alone.pk: ("FD", None), cared.pk: ("TH", therapist.user_id)}


def test_p3_with_the_tenant_of_another_organisation_no_ask_is_seen(here: Place):
    ask = the_asks(here)["week"]
    place()
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from outcomes_ask where id = %s", [ask.pk])
        assert cursor.fetchone() == (0,)
    here.enter()


def test_a_call_that_reaches_the_patient_closes_the_duty_and_worry_raises_a_concern(here: Place):
    ask, desk = the_asks(here)["next_day"], here.staff(Role.FD)
    actions.record_call(ask=ask, result="not_reached", words="", by=desk, at=AT)
    assert Duty.objects.get(pk=ask.duty_id).state == "open"
    with pytest.raises(Refused):
        actions.record_call(ask=ask, result="", words="", by=desk, at=AT)
    with pytest.raises(NotAllowed):
        actions.record_call(ask=ask, result="well", words="", by=here.staff(Role.AU), at=AT)
    actions.record_call(ask=ask, result="worried", words="Slow to answer", by=desk, at=AT)
    assert Duty.objects.get(pk=ask.duty_id).state == "closed"
    assert Concern.objects.get().tier == 2


@pytest.mark.parametrize(("hours", "asked"), [(3, True), (7, True), (7.5, False), (9, False)])
def test_whoever_left_after_the_evenings_window_was_in_the_clinic_then(here: Place, hours: float, asked: bool):
    left = AT + timedelta(hours=hours)
    asks = actions.schedule_asks(visit=a_visit(here), dose_at=AT, by=here.staff(Role.RN), at=left)
    assert ("same_evening" in {ask.key for ask in asks}) == asked
    assert "next_day" in {ask.key for ask in asks}


def test_h13_leaving_that_is_charted_late_leaves_out_only_what_the_record_has_them_here_for(here: Place):
    """Gone after two hours, "Left" pressed the next morning: the evening is missed, and somebody calls now."""
    pressed = AT + timedelta(hours=20)
    asks = actions.schedule_asks(
        visit=a_visit(here), dose_at=AT, by=here.staff(Role.RN), seen_at=AT + timedelta(hours=2), at=pressed
    )
    evening = next(ask for ask in asks if ask.key == "same_evening")
    assert evening.duty.due_at >= pressed
    actions.miss(evening, by=here.staff(Role.RN), at=pressed)
    assert Concern.objects.get(patient=evening.patient).reason_code.startswith("missed")
