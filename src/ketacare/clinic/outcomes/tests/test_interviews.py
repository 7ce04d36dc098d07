"""H13: after a flag of their own a person asks or rates: a duty with an owner; and again at the next check-in."""

from datetime import timedelta

import pytest

from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties import tasks
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.duties.tests.factories import AT, place
from ketacare.clinic.outcomes import actions, queries
from ketacare.clinic.outcomes.actions import answering
from ketacare.clinic.outcomes.models import Answers, Ask, Score
from ketacare.clinic.outcomes.tests.factories import a_visit, the_asks
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety.models import Concern
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db
SINCE = "c-ssrs-since-last-visit"
EVENING = AT + timedelta(hours=5)


@pytest.fixture
def here():
    return place()


def answered(here, ask, instrument, answers, at=EVENING):
    kept = {"patient": ask.patient, "ask": ask, "source": "patient", "happened_at": at, "by": here.staff(Role.RN)}
    return actions.keep_answers(instrument=instrument, answers=answers, at=at, **kept)


def mania(here, patient, total_of=1, at=EVENING, said_at=None):
    nurse = here.staff(Role.RN)
    answers = {str(item): total_of for item in range(1, 6)} | {"1": 2}
    kept = {"patient": patient, "source": "patient", "happened_at": said_at or at, "by": nurse, "at": at}
    return actions.keep_answers(instrument="asrm", answers=answers, **kept)


def rated(patient, nurse, happened_at, at, *, items_asked=None):
    items = {item.id: None for item in queries.instrument("ymrs").items}
    items |= dict.fromkeys(list(items)[:items_asked], 0)
    rater = actions.Rater(
        user=User.objects.get(pk=nurse.user_id), came="in_person", hidden=("nothing",), edition="1978"
    )
    actions.rate(patient=patient, scale="ymrs", answers=items, rater=rater, happened_at=happened_at, by=nurse, at=at)


def owed(patient):
    return {duty.title: duty for duty in Duty.objects.filter(patient=patient, kind__startswith="interview.")}


def test_h13_what_a_patient_tells_of_suicide_owes_a_c_ssrs_to_whoever_is_on_call(here):
    asks, doctor = the_asks(here), here.staff(Role.RX)
    user = User.objects.get(pk=doctor.user_id)
    times = {"starts_at": AT, "ends_at": AT + timedelta(hours=24)}
    safety.put_on_call(user=user, role=Role.RX, **times, by=here.staff(Role.MD), at=AT)
    answered(here, asks["same_evening"], "safety-items", {"s1": 2})
    duty = owed(asks["same_evening"].patient)["Ask the C-SSRS"]
    concern = Concern.objects.get(reason_code="s1.2")
    assert (duty.owner_id, duty.due_at) == (doctor.user_id, concern.decide_by)
    assert duty.link.endswith("/evaluation/#risk")


def test_h13_with_the_director_on_call_the_interview_is_owed_by_who_may_write_it_down(here):
    """The concern is the director's; the C-SSRS and the YMRS are a prescriber's, by the table of rights."""
    ask, director = the_asks(here)["same_evening"], here.staff(Role.MD)
    user = User.objects.get(pk=director.user_id)
    times = {"starts_at": AT, "ends_at": AT + timedelta(hours=24)}
    safety.put_on_call(user=user, role=Role.MD, **times, by=director, at=AT)
    answered(here, ask, "safety-items", {"s1": 2})
    mania(here, ask.patient)
    assert Concern.objects.get(reason_code="s1.2").owner_id == director.user_id
    owners = {title: (duty.owner_role, duty.owner_id) for title, duty in owed(ask.patient).items()}
    assert owners == {"Ask the C-SSRS": (Role.RX, None), "Rate the YMRS": (Role.RX, None)}


def test_h13_one_is_owed_at_a_time_by_the_time_of_the_gravest(here):
    ask = the_asks(here)["same_evening"]
    answered(here, ask, "safety-items", {"s1": 1})
    late = owed(ask.patient)["Ask the C-SSRS"].due_at
    answered(here, ask, "safety-items", {"s1": 1, "s2": 2}, at=EVENING + timedelta(minutes=1))
    assert owed(ask.patient)["Ask the C-SSRS"].due_at < late


def test_h13_an_interview_that_nobody_holds_climbs_to_who_may_write_it_down_and_the_director_finds_somebody(here):
    ask, director, nurse = the_asks(here)["same_evening"], here.staff(Role.MD), here.staff(Role.RN)
    doctors = [here.staff(Role.RX), here.staff(Role.RX)]
    answered(here, ask, "safety-items", {"s2": 2})
    duty = owed(ask.patient)["Ask the C-SSRS"]
    duties.take(duty, by=doctors[0], at=EVENING)
    for times in range(1, 3):
        tasks.escalate_due(duty.late_at + times * timedelta(hours=1))
    duty.refresh_from_db()
    assert (duty.owner_role, duty.owner_id, duty.escalations) == (Role.RX, None, 2), "every prescriber's by now"
    theirs = Duty.objects.get(kind__startswith="unheld.", patient=ask.patient)
    assert (theirs.owner_role, theirs.title) == (Role.MD, "Find somebody: ask the C-SSRS")
    with pytest.raises(Refused, match="cannot do it"):
        duties.take(duty, by=director, at=EVENING)
    with pytest.raises(Refused, match="cannot do it"):
        duties.pass_on(duty, to_role=Role.FD, reason="Nobody else", by=director, at=EVENING)
    duties.pass_on(duty, to_role=Role.RX, to=User.objects.get(pk=doctors[1].user_id), reason="You", by=director, at=AT)
    held = duty.late_at + timedelta(hours=3)
    actions.asked(ask.patient, [SINCE], happened_at=held, evidence=ask, by=nurse, at=held)
    assert not Duty.objects.filter(pk__in=(duty.pk, theirs.pk), state="open").exists()


def test_h13_where_no_prescriber_is_left_it_climbs_to_the_nurse_who_may_write_it_down(here):
    patient = here.patient()
    here.staff(Role.MD)
    mania(here, patient)
    duty = owed(patient)["Rate the YMRS"]
    tasks.escalate_due(duty.late_at)
    assert owed(patient)["Rate the YMRS"].owner_role == Role.RN
    assert Duty.objects.get(kind="unheld.interview.ymrs").owner_role == Role.MD


def test_h13_a_decision_does_not_end_it(here):
    ask = the_asks(here)["same_evening"]
    answered(here, ask, "safety-items", {"s1": 2})
    safety.decide(Concern.objects.get(), finding="Calm", action="Called", by=here.staff(Role.RX), at=EVENING)
    assert owed(ask.patient)["Ask the C-SSRS"].is_open


def test_a_sign_of_something_else_owes_none(here):
    ask = the_asks(here)["same_evening"]
    answered(here, ask, "safety-items", {"s1": 0, "s3": 2})
    assert owed(ask.patient) == {}


def test_a_flagged_mania_scale_owes_the_ymrs_and_its_score_ends_it(here):
    patient, nurse = here.patient(), here.staff(Role.RN)
    mania(here, patient)
    duty = owed(patient)["Rate the YMRS"]
    assert duty.link.endswith("/scales/ymrs/")
    rated(patient, nurse, EVENING + timedelta(hours=1), EVENING + timedelta(hours=1))
    assert not owed(patient)["Rate the YMRS"].is_open


def test_h13_typed_from_paper_in_whatever_order_an_interview_held_after_the_answer_is_not_asked_for_again(here):
    """The answer at T+0, the interview at T+10 min; the paper an hour later."""
    nurse, said, held = here.staff(Role.RN), EVENING + timedelta(seconds=30), EVENING + timedelta(minutes=10)
    typed = EVENING + timedelta(hours=1)
    answer_first, interview_first, same_minute, held_before = (here.patient() for _ in range(4))
    mania(here, answer_first, at=typed, said_at=said)
    rated(answer_first, nurse, held, typed + timedelta(minutes=3))
    assert not owed(answer_first)["Rate the YMRS"].is_open
    rated(interview_first, nurse, held, typed)
    mania(here, interview_first, at=typed + timedelta(minutes=3), said_at=said)
    assert owed(interview_first) == {}
    mania(here, same_minute, at=said)
    rated(same_minute, nurse, EVENING, typed)  # typed "1900", and the answer came half a minute later
    assert not owed(same_minute)["Rate the YMRS"].is_open
    rated(held_before, nurse, EVENING - timedelta(minutes=10), typed)
    mania(here, held_before, at=typed + timedelta(minutes=3), said_at=said)
    assert owed(held_before)["Rate the YMRS"].is_open


def test_i14_an_interview_that_was_broken_off_is_still_owed_in_whatever_order_it_is_typed(here):
    nurse, held, typed = here.staff(Role.RN), EVENING + timedelta(minutes=10), EVENING + timedelta(hours=1)
    interview_first, answer_first = here.patient(), here.patient()
    rated(interview_first, nurse, held, typed, items_asked=1)
    mania(here, interview_first, at=typed + timedelta(minutes=3), said_at=EVENING)
    assert owed(interview_first)["Rate the YMRS"].is_open
    mania(here, answer_first, at=typed, said_at=EVENING)
    rated(answer_first, nurse, held, typed + timedelta(minutes=3), items_asked=10)
    assert owed(answer_first)["Rate the YMRS"].is_open
    rated(answer_first, nurse, held + timedelta(minutes=20), typed + timedelta(minutes=5))
    assert not owed(answer_first)["Rate the YMRS"].is_open


def test_h13_what_is_said_after_an_interview_is_asked_about_though_its_paper_comes_later(here):
    ask = the_asks(here)["same_evening"]
    answered(here, ask, "safety-items", {"s1": 1})
    answered(here, ask, "safety-items", {"s1": 1, "s2": 2}, at=EVENING + timedelta(minutes=20))
    held = {"evidence": ask, "by": here.staff(Role.RN), "at": EVENING + timedelta(hours=1)}
    actions.asked(ask.patient, [SINCE], happened_at=EVENING + timedelta(minutes=10), **held)
    assert owed(ask.patient)["Ask the C-SSRS"].is_open
    actions.asked(ask.patient, [SINCE], happened_at=EVENING + timedelta(minutes=30), **held)
    assert not owed(ask.patient)["Ask the C-SSRS"].is_open


def test_below_its_line_the_mania_scale_owes_nothing(here):
    patient = here.patient()
    mania(here, patient, total_of=0)
    assert owed(patient) == {}


def test_h13_at_the_next_check_in_a_person_asks_again(here):
    asks = the_asks(here)
    answered(here, asks["same_evening"], "safety-items", {"s1": 1})
    next_day = Ask.objects.get(pk=asks["next_day"].pk)
    assert SINCE in next_day.staff_instruments
    assert "C-SSRS" in next_day.staff_duty.title
    assert SINCE not in Ask.objects.get(pk=asks["third_day"].pk).staff_instruments


def test_flagged_before_the_dose_a_person_asks_the_same_evening(here):
    patient = here.patient()
    visit = the_asks(here, patient)["next_day"]
    morning = visit.closes_at - timedelta(hours=1)
    answered(here, visit, "safety-items", {"s1": 1}, at=morning)
    again = the_asks(here, patient, morning + timedelta(hours=4))
    assert SINCE in Ask.objects.get(pk=again["same_evening"].pk).staff_instruments


@pytest.mark.parametrize("hours", [3.8, 4.2])
def test_h13_flagged_before_the_dose_a_person_asks_the_same_evening_also_of_whoever_stays_past_its_opening(here, hours):
    patient = here.patient()
    before = the_asks(here, patient)["next_day"]
    morning = before.closes_at - timedelta(hours=1)
    answered(here, before, "safety-items", {"s1": 1}, at=morning)
    dose_at = morning + timedelta(hours=4)
    visit, left_at = a_visit(here, patient, dose_at), dose_at + timedelta(hours=hours)
    asks = actions.schedule_asks(visit=visit, dose_at=dose_at, by=here.staff(Role.RN), at=left_at)
    flagged = [ask.key for ask in Ask.objects.filter(pk__in=[ask.pk for ask in asks]) if SINCE in ask.staff_instruments]
    assert flagged == ["same_evening"]


def test_nothing_flagged_nobody_asks_by_hand(here):
    asks = the_asks(here)
    answered(here, asks["same_evening"], "safety-items", {"s1": 0, "s2": 0})
    assert SINCE not in Ask.objects.get(pk=asks["next_day"].pk).staff_instruments


def test_h13_a_mania_rating_that_is_struck_out_is_owed_again(here):
    patient, nurse = here.patient(), here.staff(Role.RN)
    mania(here, patient)
    rated(patient, nurse, EVENING + timedelta(hours=1), EVENING + timedelta(hours=1))
    assert not owed(patient)["Rate the YMRS"].is_open
    score = Score.objects.get(patient=patient, instrument="ymrs")
    struck_at = EVENING + timedelta(days=1)
    actions.strike_score(score=score, reason="Of the neighbour", by=nurse, at=struck_at)
    open_again = Duty.objects.get(patient=patient, kind="interview.ymrs", state="open")
    assert (open_again.title, open_again.due_at) == ("Rate the YMRS", struck_at)
    rated(patient, nurse, struck_at + timedelta(hours=1), struck_at + timedelta(hours=1))
    assert not Duty.objects.filter(patient=patient, kind="interview.ymrs", state="open").exists()


def flagged(patient, nurse, at):
    """A psychotic item at 4 of 6, rated by a person."""
    first, *others = queries.instrument("bprs-plus").items
    items = {first.id: 4} | {item.id: 0 for item in others}
    rater = actions.Rater(
        user=User.objects.get(pk=nurse.user_id), came="in_person", hidden=("nothing",), edition="1962"
    )
    actions.rate(patient=patient, scale="bprs-plus", answers=items, rater=rater, happened_at=at, by=nurse, at=at)


@pytest.mark.parametrize("rated_before_leaving", [True, False])
def test_h13_what_the_session_flagged_is_rated_again_at_four_hours(here, rated_before_leaving):
    nurse, rated_at = here.staff(Role.RN), AT + timedelta(hours=2)
    visit = a_visit(here)
    visit.dose_began_at = AT
    visit.save(update_fields=["dose_began_at"])
    if rated_before_leaving:
        flagged(visit.patient, nurse, rated_at)
    leaves_at = rated_at + timedelta(minutes=30) if rated_before_leaving else AT + timedelta(hours=1)
    asks = actions.schedule_asks(visit=visit, dose_at=AT, by=nurse, at=leaves_at)
    if not rated_before_leaving:
        flagged(visit.patient, nurse, rated_at)
    ask = Ask.objects.get(pk=next(one.pk for one in asks if one.key == "same_evening"))
    assert "bprs-plus" in ask.staff_instruments
    duty = ask.staff_duty
    assert duty is not None
    assert (duty.owner_role, ask.opens_at <= duty.due_at <= ask.closes_at) == (Role.RN, True)
    flagged(visit.patient, nurse, ask.opens_at + timedelta(minutes=5))
    duty.refresh_from_db()
    assert not duty.is_open


def test_h13_two_flagged_forms_of_one_dose_do_not_wait_for_each_other(here):
    """Each holds its own ask: of the others it locks those alone that a person rates again in, and never its own."""
    nurse, visit = here.staff(Role.RN), a_visit(here)
    visit.dose_began_at = AT
    visit.save(update_fields=["dose_began_at"])
    asks = {one.key: one for one in actions.schedule_asks(visit=visit, dose_at=AT, by=nurse, at=AT)}
    assert len(asks) > 1
    of_another = Answers(patient=visit.patient)
    of_its_own = Answers(patient=visit.patient, ask=Ask.objects.get(pk=asks["same_evening"].pk))
    assert [one.key for one in answering.of_the_dose_to_rate_again(of_another, AT)] == ["same_evening"]
    assert list(answering.of_the_dose_to_rate_again(of_its_own, AT)) == []
