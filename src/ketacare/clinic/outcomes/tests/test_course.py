"""Asks follow the course: made before planned doses and as months go by, moved and stopped with it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest

from ketacare.clinic.duties.models import Duty
from ketacare.clinic.duties.tests.factories import AT, Place, place
from ketacare.clinic.enrolment import pausing
from ketacare.clinic.enrolment.models import Enrolment
from ketacare.clinic.outcomes import actions, following, queries, tasks
from ketacare.clinic.outcomes.actions.course import stop_ask
from ketacare.clinic.outcomes.actions.staffing import BY_STAFF, title_of
from ketacare.clinic.outcomes.models import Ask, MessageOut
from ketacare.clinic.outcomes.tests.factories import a_visit, the_asks
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.people.tests.factories import browser
from ketacare.clinic.protocols.models import Adoption
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy.actions import SomeFailed
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.outcomes import reader

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def here() -> Place:
    return place()


def treated(here: Place) -> tuple[Patient, Visit]:
    """One dose given, another planned in a week."""
    patient = here.patient()
    first = the_asks(here, patient)["next_day"].visit
    Visit.objects.filter(pk=first.pk).update(state="closed")
    return patient, a_visit(here, patient, AT + 7 * DAY)


def enrolled(here: Place, patient: Patient, sheet_id: str = "p-iv-05-2w", **details: object) -> Enrolment:
    common = {"organisation_id": here.clinic.organisation_id, "clinic": here.clinic}
    adoption = Adoption.objects.create(
        **common, happened_at=AT, recorded_at=AT, sheet_id=sheet_id, sheet_version="1.0.0"
    )
    return Enrolment.objects.create(
        **common, patient=patient, adoption=adoption, judgement_id=uuid4(),
        **(
            {"created_at": AT - DAY, "state": "active", "sheets": {"cadence": reader.cadence_sheet().version}} | details
        ),
    )  # fmt: skip


def follow(here: Place, at: datetime) -> dict[str, Ask]:
    tasks.follow_courses(at)
    here.enter()
    return {ask.key: ask for ask in Ask.objects.select_related("duty", "staff_duty").order_by("opens_at", "pk")}


def test_before_a_planned_dose_the_questions_come_once_a_day_ahead(here: Place) -> None:
    _, second = treated(here)
    assert "before_dose" not in follow(here, second.starts_at - 26 * timedelta(hours=1))
    for hours in (24, 23, 3):
        asks = follow(here, second.starts_at - hours * timedelta(hours=1))
    assert (asks["before_dose"].visit_id, asks["before_dose"].link_until) == (second.pk, second.starts_at)
    assert Ask.objects.filter(key="before_dose").count() == 1


def test_before_the_first_dose_mood_anxiety_and_safety_are_asked_and_no_side_effects(here: Place) -> None:
    """As the reference has it: at most a day before each dose. The hours after the first are held against it."""
    first = a_visit(here, here.patient(), AT + 2 * DAY)
    assert follow(here, first.starts_at - 26 * timedelta(hours=1)) == {}
    ask = follow(here, first.starts_at - DAY)["before_dose"]
    assert {"mood-vas", "anxiety-vas", "safety-first"} <= set(ask.instruments)
    assert not {"side-effects", "safety-items"} & set(ask.instruments)  # they speak of a treatment there was not
    assert (ask.title, ask.closes_at) == ("Before the first dose", first.starts_at)
    assert "c-ssrs-since-last-visit" in ask.staff_instruments


def test_a_dose_that_moves_takes_its_questions_messages_and_duty_along(here: Place) -> None:
    _, second = treated(here)
    before = follow(here, second.starts_at - DAY)["before_dose"]
    later = second.starts_at + 2 * DAY
    Visit.objects.filter(pk=second.pk).update(starts_at=later, ends_at=later + timedelta(hours=2))
    after = follow(here, second.starts_at - DAY)["before_dose"]
    assert (after.opens_at, after.closes_at, after.dose_at) == (later - DAY, later, later)
    assert after.messages.earliest("send_after").send_after == later - DAY
    assert after.duty.due_at - before.duty.due_at == 2 * DAY
    assert after.state == "waiting"


def test_a_dose_that_is_cancelled_is_no_longer_asked_about_and_nobody_calls(here: Place) -> None:
    _, second = treated(here)
    follow(here, second.starts_at - DAY)
    Visit.objects.filter(pk=second.pk).update(state="cancelled")
    stopped = follow(here, second.starts_at - timedelta(hours=20))["before_dose"]
    assert (stopped.state, stopped.stopped_why, stopped.duty.state) == ("stopped", "The dose is cancelled", "closed")
    assert set(stopped.messages.values_list("state", flat=True)) == {"needless"}
    assert not queries.standing(stopped, second.starts_at - timedelta(hours=20)).opens
    assert stopped not in queries.open_asks(stopped.patient, second.starts_at - timedelta(hours=20))


def test_a_next_dose_brought_forward_narrows_or_ends_what_is_still_to_come(here: Place) -> None:
    _, second = treated(here)
    assert follow(here, AT + DAY)["third_day"].closes_at == AT + timedelta(hours=80)
    sooner = AT + 4 * DAY
    Visit.objects.filter(pk=second.pk).update(starts_at=sooner, ends_at=sooner + timedelta(hours=2))
    assert follow(here, AT + DAY)["third_day"].closes_at == sooner - DAY
    soonest = AT + 3 * DAY
    Visit.objects.filter(pk=second.pk).update(starts_at=soonest, ends_at=soonest + timedelta(hours=2))
    ended = follow(here, AT + DAY)["third_day"]
    assert (ended.state, ended.stopped_why) == ("stopped", "The next dose comes first")


@pytest.mark.parametrize("apart", [7 * DAY + timedelta(hours=3), 8 * DAY])
def test_a_next_dose_a_week_on_leaves_the_phq_9_to_its_own_questions(here: Place, apart: timedelta) -> None:
    patient = here.patient()
    a_visit(here, patient, AT + apart)
    week = the_asks(here, patient)["week"]
    assert "phq-9" not in week.instruments, "the questions before that dose ask it"
    assert {"mood-vas", "safety-items"} <= set(week.instruments)
    assert (week.opens_at, week.closes_at) == (AT + timedelta(hours=144), AT + apart - DAY)


def test_one_that_cannot_be_put_right_keeps_no_other_look_from_being_taken(here: Place, monkeypatch) -> None:
    patient, second = treated(here)
    third = a_visit(here, patient, AT + 3 * DAY)
    monkeypatch.setattr(actions, "keep_in_step", lambda *_, **__: 1 / 0)
    with pytest.raises(SomeFailed, match="ZeroDivisionError"):
        tasks.follow_courses(AT + 2 * DAY + timedelta(hours=1))
    here.enter()
    assert third.asks.filter(key="before_dose").exists()
    assert not second.asks.exists()


@pytest.mark.parametrize("apart", [7 * DAY + timedelta(hours=3), 8 * DAY])
def test_a_next_dose_moved_to_a_week_on_leaves_the_same_as_one_that_stood_there(here: Place, apart: timedelta) -> None:
    """Of the week only the form whose days are not over leaves: mood, safety and side effects are asked on."""
    patient = here.patient()
    assert "phq-9" in the_asks(here, patient)["week"].instruments
    a_visit(here, patient, AT + apart)
    week = follow(here, AT + DAY)["week"]
    assert "phq-9" not in week.instruments
    assert {"mood-vas", "safety-items"} <= set(week.instruments)
    assert (week.opens_at, week.closes_at) == (AT + timedelta(hours=144), AT + apart - DAY)
    assert (week.state, week.duty.state) == ("waiting", "open")
    assert follow(here, AT + DAY)["week"].version == week.version, "and moves no more"


def test_an_ended_course_stops_what_belongs_to_it_and_a_given_dose_is_looked_after(here: Place) -> None:
    patient, _ = treated(here)
    enrolled(here, patient, state="ended", ended_at=AT + timedelta(hours=5))
    states = {key: ask.state for key, ask in follow(here, AT + timedelta(hours=6)).items()}
    assert states == {"same_evening": "waiting", "next_day": "waiting", "third_day": "waiting", "week": "stopped"}


def test_months_are_asked_once_each_while_the_course_is_open(here: Place) -> None:
    patient, _ = treated(here)
    row = enrolled(here, patient)
    for days in (27, 28, 29, 30):
        asks = follow(here, AT + days * DAY)
    monthly = asks["monthly-1"]
    assert {"gad-7", "pgi-c"} <= set(monthly.instruments)
    rated = {"bpic-ss", "kset-r", "madrs", "cgi-s", "cgi-i", "c-ssrs-since-last-visit"}
    assert rated | {"asrm", "wsas", "who-5"} <= set(monthly.staff_instruments), "theirs, or the wording is its owner's"
    assert Ask.objects.filter(key="monthly-1").count() == 1
    Enrolment.objects.filter(pk=row.pk).update(state="ended", ended_at=AT + 31 * DAY)
    assert follow(here, AT + 31 * DAY)["monthly-1"].state == "stopped"


def over_and_done(here: Place, patient: Patient, at: datetime) -> None:
    Visit.objects.filter(pk=the_asks(here, patient, at)["week"].visit_id).update(state="closed")


def test_months_of_a_second_course_are_counted_from_its_own_first_dose(here: Place) -> None:
    patient, other = here.patient(), here.patient()
    over_and_done(here, patient, AT - 100 * DAY)
    enrolled(here, other, created_at=AT - 200 * DAY)  # of somebody whose course began long before
    enrolled(here, patient)
    assert not any(one.visit.patient_id == patient.pk for one in following.of_courses(AT + 12 * DAY))
    over_and_done(here, patient, AT)
    (found,) = following.of_courses(AT + 28 * DAY)
    assert found.first_dose_at == AT


def test_a_quarter_gives_staff_what_a_patient_may_not_be_shown_and_what_must_be_seen_to(here: Place) -> None:
    patient, _ = treated(here)
    enrolled(here, patient)
    quarter = follow(here, AT + 84 * DAY)["quarterly-1"]
    assert {"audit", "dast-10"} <= set(quarter.staff_instruments)
    assert not {"audit", "dast-10"} & set(quarter.instruments)
    assert any("Liver values" in check for check in quarter.checks)
    assert quarter.staff_duty is not None
    assert "Liver values" in quarter.staff_duty.why


def given(here: Place, patient: Patient, days: int) -> None:
    """A dose on that day, over and done with."""
    Visit.objects.filter(pk=a_visit(here, patient, AT + days * DAY).pk).update(state="closed")


def test_what_is_treated_decides_what_is_asked_by_the_cadence_it_began_with(here: Place) -> None:
    patient, second = treated(here)
    row = enrolled(here, patient, treats="post-traumatic stress", sheets={"cadence": "4.0.0"})
    given(here, patient, 3)
    before = follow(here, second.starts_at - DAY)["before_dose"]
    assert before.cadence == "4.0.0"
    assert "pcl-5-week" in before.staff_instruments, "its wording is its owner's: a person asks it"
    assert {"madrs", "asrm", "c-ssrs-since-last-visit"} <= set(before.staff_instruments)
    Enrolment.objects.filter(pk=row.pk).update(sheets={"cadence": "2.0.0"})
    third = a_visit(here, patient, AT + 14 * DAY)
    follow(here, third.starts_at - DAY)
    old = third.asks.get(key="before_dose")
    assert (old.cadence, old.staff_instruments) == ("2.0.0", ["c-ssrs-since-last-visit"])
    assert "phq-9" not in old.instruments


def test_h19_a_course_that_began_before_versions_were_kept_goes_on_as_it_began(here: Place) -> None:
    patient, second = treated(here)
    enrolled(here, patient, treats="post-traumatic stress", sheets={})
    before = follow(here, second.starts_at - DAY)["before_dose"]
    assert (before.cadence, before.staff_instruments) == ("2.0.0", ["c-ssrs-since-last-visit"])
    week = Ask(key="week")  # of before the asks kept it
    assert queries.rule_for(week) == reader.ask_rules("2.0.0")["week"]
    assert queries.rule_for(week) != reader.ask_rules()["week"]


def test_suicidality_as_the_aim_is_rated_at_every_point(here: Place) -> None:
    patient = here.patient()
    enrolled(here, patient, sheet_id="p-esk-si")
    asks = the_asks(here, patient)
    assert all("c-ssrs-since-last-visit" in ask.staff_instruments for ask in asks.values())
    assert all(ask.staff_duty is not None for ask in asks.values())
    assert "c-ssrs-since-last-visit" not in {name for ask in asks.values() for name in ask.instruments}


# -- a pause -----------------------------------------------------------------------------------------------------------


def test_a_paused_course_asks_nothing_and_a_given_dose_is_looked_after(here: Place) -> None:
    patient, second = treated(here)
    row, desk = enrolled(here, patient), here.staff(Role.FD)
    at = second.starts_at - timedelta(hours=23)
    assert follow(here, at)["before_dose"].state == "waiting"
    pausing.pause(enrolment=row, reason="Away", by=desk, at=at)
    asks = follow(here, at + timedelta(minutes=1))
    stopped = asks["before_dose"]
    assert (stopped.state, stopped.stopped_why, stopped.duty.state) == ("stopped", "The course is paused", "closed")
    assert {asks[key].state for key in ("same_evening", "next_day", "third_day")} == {"waiting"}
    third = a_visit(here, patient, AT + 9 * DAY)
    follow(here, third.starts_at - timedelta(hours=20))
    assert not third.asks.exists()


def test_it_comes_back_with_what_still_has_its_time(here: Place) -> None:
    patient, second = treated(here)
    row, desk = enrolled(here, patient), here.staff(Role.FD)
    at = second.starts_at - timedelta(hours=23)
    follow(here, at)
    pausing.pause(enrolment=row, reason="Away", by=desk, at=at)
    former = follow(here, at + timedelta(minutes=1))["before_dose"].duty_id
    pausing.resume(enrolment=row, reason="Back", by=desk, at=at + timedelta(hours=2))
    then = [pausing.stood_still(patient, at + timedelta(minutes=minutes)) for minutes in (-1, 1, 121)]
    assert then == [False, True, False]
    for minutes in (121, 122):
        woken = follow(here, at + timedelta(minutes=minutes))["before_dose"]
    assert (woken.state, woken.duty.state, woken.stopped_why) == ("waiting", "open", "")
    assert woken.duty_id != former
    assert woken.messages.filter(state="waiting").count() == 3
    assert Ask.objects.filter(key="before_dose").count() == 1


@pytest.mark.parametrize("state", ["waiting", "failed"])
def test_h23_a_duty_that_a_pause_closed_is_no_reason_to_let_the_new_message_go_unsent(here: Place, state: str) -> None:
    patient, second = treated(here)
    row, desk, hour = enrolled(here, patient), here.staff(Role.FD), timedelta(hours=1)
    at = second.starts_at - 23 * hour
    follow(here, at)
    tasks.deliver_due(at, caught=False)  # no gateway: by hand
    here.enter()
    MessageOut.objects.filter(duty__isnull=False).update(state=state)
    pausing.pause(enrolment=row, reason="Away", by=desk, at=at)
    follow(here, at + timedelta(minutes=1))
    by_hand = Duty.objects.filter(kind="message.send", patient=patient, title="Send a check-in link by hand")
    assert not by_hand.filter(state="open").exists()
    former = set(by_hand.values_list("pk", flat=True))
    pausing.resume(enrolment=row, reason="Back", by=desk, at=at + 2 * hour)
    ask = follow(here, at + 2 * hour + timedelta(minutes=1))["before_dose"]
    assert ask.messages.filter(state="waiting", send_after__lte=at + 2 * hour).exists()
    tasks.deliver_due(at + 2 * hour + timedelta(minutes=2), caught=False)
    here.enter()
    (duty,) = by_hand.filter(state="open")
    assert duty.pk not in former


def test_a_month_takes_the_place_of_the_week_that_would_open_beside_it(here: Place) -> None:
    patient, _ = treated(here)
    enrolled(here, patient)
    week = the_asks(here, patient, AT + 21 * DAY + timedelta(hours=2))["week"]
    assert "madrs" in queries.last_asked(patient), "what waits for staff is asked too"
    asks = follow(here, AT + 28 * DAY)
    month = asks["monthly-1"]
    week.refresh_from_db()
    assert (week.state, week.stopped_why) == ("stopped", "Asked with the monthly check-in")
    assert {week.duty.state, week.staff_duty.state} == {"closed"}
    assert (month.due_at, month.closes_at) == (week.due_at, week.closes_at)
    assert {*week.instruments, *week.staff_instruments} <= {*month.instruments, *month.staff_instruments}
    again = follow(here, AT + 28 * DAY + timedelta(minutes=1))["monthly-1"]
    assert (again.pk, again.state, again.closes_at) == (month.pk, "waiting", week.closes_at)


def test_a_month_waits_for_the_week_that_is_open(here: Place) -> None:
    patient, _ = treated(here)
    enrolled(here, patient)
    week = the_asks(here, patient, AT + 21 * DAY - timedelta(hours=2))["week"]
    assert "monthly-1" not in follow(here, AT + 28 * DAY)
    month = follow(here, week.closes_at)["monthly-1"]
    assert month.state == "waiting"
    staff = {"madrs", "cgi-s", "cgi-i", "asrm"}
    assert staff <= set(week.staff_instruments)
    assert not staff & set(month.staff_instruments), "they have it to do"


def test_months_are_not_asked_in_a_pause(here: Place) -> None:
    patient, _ = treated(here)
    row, desk = enrolled(here, patient), here.staff(Role.FD)
    pausing.pause(enrolment=row, reason="Away", by=desk, at=AT + 20 * DAY)
    assert "monthly-1" not in follow(here, AT + 28 * DAY)
    pausing.resume(enrolment=row, reason="Back", by=desk, at=AT + 29 * DAY)
    assert follow(here, AT + 29 * DAY)["monthly-1"].state == "waiting"


def test_a_pause_needs_a_right_and_a_reason_and_is_told_once(here: Place) -> None:
    patient, _ = treated(here)
    row, desk = enrolled(here, patient), here.staff(Role.FD)
    with pytest.raises(NotAllowed):
        pausing.pause(enrolment=row, reason="Away", by=here.staff(Role.AU), at=AT)
    for reason in (" ", "x" * 301):
        with pytest.raises(Refused):
            pausing.pause(enrolment=row, reason=reason, by=desk, at=AT)
    with pytest.raises(Refused, match="does not stand still"):
        pausing.resume(enrolment=row, reason="Back", by=desk, at=AT)
    pausing.pause(enrolment=row, reason="Away", by=desk, at=AT)
    with pytest.raises(Refused, match="stands still already"):
        pausing.pause(enrolment=row, reason="Away", by=desk, at=AT)
    assert pausing.paused_since(patient) == AT
    assert [turn.reason for turn in pausing.turns_of(patient)] == ["Away"]
    Enrolment.objects.filter(pk=row.pk).update(state="ended", ended_at=AT)
    with pytest.raises(Refused, match="has ended"):
        pausing.resume(enrolment=row, reason="Back", by=desk, at=AT)


def test_what_a_course_sends_waits_and_of_several_days_one_goes(here: Place) -> None:
    patient, _ = treated(here)
    row, desk, form = enrolled(here, patient), here.staff(Role.FD), uuid4()
    for day in range(4):
        MessageOut.objects.create(
            organisation_id=here.clinic.organisation_id, clinic=here.clinic, created_at=AT, patient=patient,
            kind="homework", form_id=form, form_serial=1, form_until=AT + 30 * DAY, form_title="One small act",
            form_language="en", code="first", send_after=AT + day * DAY,
        )  # fmt: skip
    pausing.pause(enrolment=row, reason="Away", by=desk, at=AT)
    tasks.deliver_due(AT + 2 * DAY, caught=True)
    here.enter()
    sent = MessageOut.objects.filter(form_id=form)
    assert set(sent.values_list("state", flat=True)) == {"waiting"}
    pausing.resume(enrolment=row, reason="Back", by=desk, at=AT + 2 * DAY)
    tasks.deliver_due(AT + 2 * DAY, caught=True)
    here.enter()
    states = list(sent.order_by("send_after").values_list("state", flat=True))
    assert states == ["needless", "needless", "caught", "waiting"]


# -- what staff rate ---------------------------------------------------------------------------------------------------


def test_the_score_that_was_waited_for_closes_the_duty(here: Place) -> None:
    patient = here.patient()
    ask = the_asks(here, patient)["next_day"]
    duty = Duty.objects.get(kind=BY_STAFF, patient=patient, title="Rate: MADRS-24h")
    assert duty.owner_role == "RN"
    nurse, at = here.staff(Role.RN), ask.opens_at
    for moment, state in ((at - timedelta(minutes=1), "open"), (at, "closed")):
        actions.record_answers(
            patient=patient, instrument="madrs-24h", answers={"10": 0}, source="rater",
            happened_at=moment, by=nurse, at=at,
        )  # fmt: skip
        duty.refresh_from_db()
        assert duty.state == state


def test_h13_what_nobody_rated_before_the_course_stood_still_is_not_called_done(here: Place, monkeypatch) -> None:
    patient, nurse = here.patient(), here.staff(Role.RN)
    asks = the_asks(here, patient)
    rated = asks["next_day"]
    stopped = next(ask for ask in asks.values() if ask.staff_duty and ask != rated)
    at = max(rated.opens_at, stopped.opens_at)
    monkeypatch.setattr("ketacare.web.clock.now", lambda: at)
    stop_ask(stopped, "The course is paused", by=nurse, at=at)
    actions.record_answers(
        patient=patient, instrument="madrs-24h", answers={"10": 0}, source="rater",
        happened_at=rated.opens_at, by=nurse, at=at,
    )  # fmt: skip
    page = browser(nurse).get(f"/visits/{rated.visit_id}/check-ins/").content.decode()
    done, undone = (page.partition(f'id="{ask.pk}"')[2].partition("</section>")[0] for ask in (rated, stopped))
    assert ("Done" in done, "Not done" in done) == (True, False)
    assert ("Not done" in undone, ">Done" in undone) == (True, False)


def test_who_stopped_messages_has_none_that_are_called_to_be_sent(here: Place, monkeypatch) -> None:
    patient, nurse = here.patient(), here.staff(Role.RN)
    visit = the_asks(here, patient)["week"].visit
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT)
    client, pages = browser(nurse), (f"/visits/{visit.pk}/check-ins/", f"/patients/{patient.pk}/messages/")

    def said() -> list[bool]:
        return ["to be sent" in client.get(page).content.decode().lower() for page in pages]

    assert said() == [True, True]
    here.enter()
    actions.set_wish(patient=patient, wanted=False, words="By telephone", zone="", by=nurse, at=AT)
    assert said() == [False, False]
    assert "no messages are wanted" in client.get(pages[0]).content.decode()


def test_a_title_cuts_no_scale_and_says_how_many_it_leaves_out() -> None:
    moment = SimpleNamespace(title="Every month")
    names = [
        "c-ssrs-since-last-visit",
        "madrs",
        "cgi-s",
        "cgi-i",
        "kset-r",
        "asrm",
        "bpic-ss",
        "who-5",
        "audit",
        "dast-10",
    ]
    title = title_of(moment, [*names, "qids-sr16", "phq-9", "gad-7", "hama", "ymrs"], ())
    assert len(title) <= 120
    told, more = re.fullmatch(r"Rate: (.+) and (\d+) more", title).groups()
    assert len(told.split(", ")) + int(more) == 15
    assert title_of(moment, ["madrs", "cgi-s"], ()) == "Rate: MADRS, CGI-S"


def test_what_was_not_rated_says_why(here: Place) -> None:
    patient = here.patient()
    ask = the_asks(here, patient)["next_day"]
    nurse, at = here.staff(Role.RN), ask.opens_at
    with pytest.raises(Refused, match="nothing is said"):
        actions.review(ask=ask, found={"madrs-24h": " "}, by=nurse, at=at)
    with pytest.raises(NotAllowed):
        actions.review(ask=ask, found={"madrs-24h": "Asleep"}, by=here.staff(Role.AU), at=at)
    actions.review(ask=ask, found={"madrs-24h": "Asleep", "other": "x"}, by=nurse, at=at)
    assert Duty.objects.get(pk=ask.staff_duty_id).state == "closed"
    assert ask.reviews.get().found == {"madrs-24h": "Asleep"}
    with pytest.raises(Refused, match="has been seen to"):
        actions.review(ask=ask, found={}, by=nurse, at=at)
