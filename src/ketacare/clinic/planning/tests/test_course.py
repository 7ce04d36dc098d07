"""A course from the signed plan to the calendar, by the desk's own page; what is refused, and by whom lifted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from ketacare.clinic.duties.models import Duty
from ketacare.clinic.outcomes.actions.asking import INTEGRATION, open_integration, schedule_asks
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.models import Role, Staff, User
from ketacare.clinic.people.tests.factories import AT, a_patient, browser, once, someone
from ketacare.clinic.planning import access, actions, queries
from ketacare.clinic.planning.models import ReminderReply
from ketacare.clinic.planning.queries import reminding
from ketacare.clinic.planning.tasks import remind_due
from ketacare.clinic.planning.tests.factories import DAY, Site
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling import feeds
from ketacare.clinic.scheduling import queries as calendar
from ketacare.clinic.scheduling.models import (
    AbsenceKind,
    CalendarFeed,
    Happened,
    Hold,
    SiteRules,
    Visit,
    VisitChange,
    VisitKind,
    VisitState,
    Waiting,
    WaitingState,
)
from ketacare.clinic.scheduling.planner import replan
from ketacare.clinic.scheduling.queries import anew
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.clinic.therapy import actions as therapy
from ketacare.clinic.therapy import queries as worked
from ketacare.clinic.therapy.models import IntegrationNote
from ketacare.medicine.protocols.reader import PROTOCOLS
from ketacare.medicine.scheduling.reader import lengths
from ketacare.medicine.scheduling.terms import Kind

LENGTHS, SITS = lengths(), frozenset(PROTOCOLS)


@pytest.fixture
def site(db) -> Iterator[Site]:
    with patch("ketacare.web.clock.now", lambda: AT):
        yield Site()


def test_the_desk_proposes_and_books_a_whole_course(site):
    desk = browser(site.desk)
    path = f"/patients/{site.patient.pk}/course/"
    page = desk.get(path, {"first_on": site.asked.first_on.isoformat(), "preparation": "on", "reviews": "on"})
    assert page.status_code == 200
    text = page.content.decode()
    sealed = text.partition('name="alternative" value="')[2].partition('"')[0]
    answer = desk.post(path, once(alternative=sealed, first_on=site.asked.first_on.isoformat()))
    assert answer.status_code == 302
    kinds = list(Visit.objects.values_list("kind", flat=True))
    assert (kinds.count("dose"), kinds.count("integration"), kinds.count("preparation"), kinds.count("review")) == (
        6, 6, 2, 2,
    )  # fmt: skip
    first = Visit.objects.get(kind=VisitKind.DOSE, number_in_course=1)
    early, late = Visit.objects.filter(kind=VisitKind.PREPARATION).order_by("starts_at")
    assert (early.number_in_course, late.number_in_course) == (1, 2)
    assert local_day(early.starts_at, site.clinic.zone) < local_day(late.starts_at, site.clinic.zone)
    before = timedelta(minutes=25)  # from arriving to the dose
    assert timedelta(days=3) <= first.starts_at + before - early.starts_at <= timedelta(days=14)
    assert timedelta(days=1) < first.starts_at + before - late.starts_at <= timedelta(days=3)
    assert site.kept() == []
    assert Hold.objects.filter(user__isnull=False, lane=0, lane_until=1).count() == 6  # a nurse's hands for each start
    assert desk.post(path, once(alternative=sealed)).status_code == 422  # two courses for one patient
    tampered = sealed[:-4] + "AAAA"
    assert browser(site.desk).post(path, once(alternative=tampered)).status_code == 422


@pytest.mark.parametrize(("state", "left"), [(VisitState.CLOSED, 1), (VisitState.BOOKED, 1), (VisitState.CANCELLED, 2)])
def test_a_preparation_that_took_place_or_is_booked_is_not_planned_again(site, state, left):
    starts = {"starts_at": AT + timedelta(hours=2), "ends_at": AT + timedelta(hours=3)}
    visit = scheduling.book_visit(patient=site.patient, kind=VisitKind.PREPARATION, by=site.desk, at=AT, **starts)
    Visit.objects.filter(pk=visit.pk).update(state=state)
    needs = queries.question(site.patient, site.asked, by=site.desk, at=AT).needs
    assert [one.words for one in needs if one.kind is Kind.PREPARATION] == ["Preparation 1", "Preparation 2"][
        2 - left :
    ]


def test_the_second_preparation_is_planned_on_a_day_after_the_first_that_is_booked(site):
    zone = site.clinic.zone
    visit = scheduling.book_visit(
        patient=site.patient, kind=VisitKind.PREPARATION, starts_at=AT + 6 * DAY,
        ends_at=AT + 6 * DAY + timedelta(hours=1), by=site.desk, at=AT,
    )  # fmt: skip
    _, made = site.proposal()
    seconds = [one for way in made for one in way.visits if one.kind is Kind.PREPARATION]
    assert len(seconds) == len(made)
    assert all(local_day(one.span.starts, zone) > local_day(visit.starts_at, zone) for one in seconds)


def test_a_second_course_and_a_person_without_a_plan_are_refused_in_words(site):
    site.book()
    with pytest.raises(Refused, match="has not ended"):
        queries.question(site.patient, site.asked, by=site.desk, at=AT)
    with pytest.raises(Refused, match="No plan is signed"):
        queries.question(a_patient(site.desk, "Other"), site.asked, by=site.desk, at=AT)


def moved(one, by):
    return replace(
        one,
        span=type(one.span)(one.span.starts + by, one.span.ends + by),
        hands_on=one.hands_on and type(one.span)(one.hands_on.starts + by, one.hands_on.ends + by),
    )


def as_value(visit: Visit):
    return calendar.booked(visit, Hold.objects.filter(visit=visit, is_held=True).select_related("resource"))


@pytest.mark.parametrize(
    ("by", "words"),
    [
        (timedelta(hours=-5), "outside the opening hours"),
        (timedelta(hours=8), "too near closing"),
        (timedelta(days=5, hours=-3), "too near each other"),
    ],
)
def test_a_place_against_a_rule_is_refused_with_the_rule_and_a_prescriber_lifts_it_by_name(site, by, words):
    site.book()
    visit = Visit.objects.filter(kind=VisitKind.DOSE).order_by("starts_at")[1]
    for left in visit.followed_by.all():  # what belongs to it goes with it, or first
        scheduling.give_up_visit(visit=left, to=VisitState.CANCELLED, reason="patient", by=site.desk, at=AT)
    to = moved(as_value(visit), by)
    with pytest.raises(Refused, match=f"(?i){words}"):
        scheduling.place_visit(visit=visit, one=to, reason="patient", by=site.desk, at=AT)
    with pytest.raises(Refused):  # a reason is not enough for the desk
        scheduling.place_visit(visit=visit, one=to, reason="patient", override="Asked", by=site.desk, at=AT)
    scheduling.place_visit(visit=visit, one=to, reason="patient", override="Her only day", by=site.prescriber, at=AT)
    row = VisitChange.objects.get(what=Happened.OVERRIDDEN)
    assert "Her only day" in row.words
    assert row.recorded_by_id == site.prescriber.user_id


def test_nobodys_chair_is_taken_whatever_the_reason(site):
    site.book()
    first = Visit.objects.filter(kind=VisitKind.DOSE).order_by("starts_at")[0]
    other = actions_visit(site, first)
    to = replace(as_value(other), span=as_value(first).span, places=as_value(first).places)
    with pytest.raises(Refused, match="One place for two visits"):
        scheduling.place_visit(visit=other, one=to, reason="patient", override="Now", by=site.prescriber, at=AT)


def actions_visit(site, beside):
    return scheduling.book_visit(
        patient=a_patient(site.desk, "Second"),
        kind=VisitKind.DOSE,
        starts_at=beside.starts_at + 20 * DAY,
        ends_at=beside.ends_at + 20 * DAY,
        by=site.desk,
        at=AT,
    )


def test_a_nurse_falls_ill_and_the_day_is_planned_anew_as_it_was_shown(site):
    site.book()
    dose = Visit.objects.filter(kind=VisitKind.DOSE).order_by("starts_at")[0]
    nurse = Hold.objects.get(visit=dose, lane=0, lane_until=1).user
    scheduling.add_absence(
        kind=AbsenceKind.ILL, user=nurse, starts_at=dose.starts_at - timedelta(hours=2),
        ends_at=dose.ends_at + timedelta(hours=2), by=site.desk, at=AT,
    )  # fmt: skip
    setting, lost = anew.setting_now(site.desk, AT)
    assert lost == [str(dose.pk)]
    assert replan(setting, lost).disturbed == 0  # the other nurse, at the same time
    desk = browser(site.desk)
    waiting = desk.get("/planning/replan/").content.decode()
    assert "One visit of the next" in waiting
    assert 'content="0;url=/planning/replan/?shown=1"' in waiting
    assert "Nothing, the same time" in desk.get("/planning/replan/?shown=1").content.decode()
    found = replan(setting, lost)
    scheduling.carry_out(
        moves=[one.after for one in found.moves], without_place=[], versions={str(dose.pk): dose.version},
        reason="staff", words="", by=site.desk, at=AT,
    )  # fmt: skip
    assert site.kept() == []
    with pytest.raises(Refused, match="has changed since"):
        scheduling.carry_out(
            moves=[one.after for one in found.moves], without_place=[], versions={str(dose.pk): dose.version},
            reason="staff", words="", by=site.desk, at=AT,
        )  # fmt: skip


def test_late_not_come_and_cancelled_each_say_why(site):
    site.book()
    visit, other = Visit.objects.filter(kind=VisitKind.DOSE).order_by("starts_at")[:2]
    common = {"by": site.desk, "at": AT}
    with pytest.raises(Refused, match="not later"):
        scheduling.note_late(visit=visit, expected_at=visit.starts_at, reason="patient", **common)
    scheduling.note_late(visit=visit, expected_at=visit.starts_at + timedelta(minutes=20), reason="patient", **common)
    with pytest.raises(Refused, match="before it was due"):
        scheduling.give_up_visit(visit=visit, to=VisitState.NO_SHOW, reason="unknown", **common)
    after = {"by": site.desk, "at": visit.starts_at + timedelta(minutes=30)}
    scheduling.give_up_visit(visit=visit, to=VisitState.NO_SHOW, reason="unknown", **after)
    with pytest.raises(Refused, match="reason"):
        scheduling.give_up_visit(visit=other, to=VisitState.CANCELLED, reason="", **common)
    scheduling.give_up_visit(visit=other, to=VisitState.CANCELLED, reason="patient_ill", **common)
    assert not Hold.objects.filter(visit__in=[visit, other], is_held=True).exists()


def test_overlapping_leave_and_rules_that_cannot_be(site):
    nurse = User.objects.get(pk=site.nurses[0].user_id)
    leave = {"kind": AbsenceKind.LEAVE, "user": nurse, "by": site.desk, "at": AT}
    row = scheduling.add_absence(starts_at=AT, ends_at=AT + 2 * DAY, **leave)
    with pytest.raises(Refused, match="already away"):
        scheduling.add_absence(starts_at=AT + DAY, ends_at=AT + 3 * DAY, **leave)
    with pytest.raises(Refused, match="not after"):
        scheduling.add_absence(starts_at=AT + 9 * DAY, ends_at=AT + 8 * DAY, **leave)
    scheduling.withdraw_absence(absence=row, by=site.desk, at=AT)
    scheduling.add_absence(starts_at=AT + DAY, ends_at=AT + 3 * DAY, **leave)
    director = someone(site.clinic, Role.MD)
    rules = {"end_before_closing_min": 60, "needs_supervisor": True, "by": director, "at": AT, "watched_acting": 2}
    with pytest.raises(Refused) as refused:
        scheduling.set_site_rules(hands_on_min=1, watched_most=20, watched_nasal=0, **rules)
    assert {one.field for one in refused.value.refusals} == {"hands_on_min", "watched_most", "watched_nasal"}
    scheduling.set_site_rules(hands_on_min=15, watched_most=2, watched_nasal=4, **rules)
    scheduling.set_site_rules(hands_on_min=20, watched_most=2, watched_nasal=4, reason="New staff", **rules)
    assert SiteRules.objects.count() == 2  # amended, not overwritten
    assert SiteRules.objects.current().get().hands_on_min == 20


def test_the_line_is_open_and_who_is_passed_over_shows(site):
    first = scheduling.wait_for(patient=site.patient, kind=VisitKind.DOSE, urgency=4, by=site.desk, at=AT)
    later = scheduling.wait_for(
        patient=a_patient(site.desk, "Later"), kind=VisitKind.DOSE, urgency=4, by=site.desk, at=AT + DAY
    )
    with pytest.raises(Refused, match="waits for this already"):
        scheduling.wait_for(patient=site.patient, kind=VisitKind.DOSE, urgency=3, by=site.desk, at=AT)
    with pytest.raises(Refused, match="stands before them"):
        scheduling.end_waiting(waiting=later, to=WaitingState.PLACED, by=site.desk, at=AT)
    scheduling.end_waiting(waiting=later, to=WaitingState.PLACED, reason="Only at noon", by=site.desk, at=AT)
    assert Waiting.objects.get(pk=first.pk).passed_over == 1


# -- feeds -------------------------------------------------------------------------------------------------------------


def test_a_feed_is_ones_own_says_nothing_clinical_and_can_be_taken_back(site):
    site.book()
    for by, patient in ((site.nurses[0], None), (site.desk, site.patient)):
        scheduling.open_feed(by=by, at=AT, patient=patient)
    feed = CalendarFeed.objects.get(patient=site.patient)
    text = feeds.written(feed, AT).decode()
    assert text.count("BEGIN:VEVENT") == Visit.objects.count()
    for word in ("dose", "dosing", "ketamine", "integration", "therapy", "review", "chair", "Reed", "Jo", "keta"):
        assert word.lower() not in text.lower()
    stranger = Client()
    address = f"/calendar/{feeds.token_of(feed)}.ics"
    assert stranger.get(address).status_code == 200
    assert stranger.get(address[:-6] + "zz.ics").status_code == 404
    scheduling.open_feed(by=site.desk, at=AT, patient=site.patient)
    assert stranger.get(address).status_code == 404  # the old one is dead
    colleague = CalendarFeed.objects.get(user_id=site.nurses[0].user_id)
    mine = feeds.visits_in(colleague, AT)
    held = set(Hold.objects.filter(user_id=site.nurses[0].user_id).values_list("visit_id", flat=True))
    assert {visit.pk for visit in mine} == held
    assert colleague.pk != feed.pk


# -- reminders ---------------------------------------------------------------------------------------------------------


def test_the_reminder_says_clock_times_and_its_replies_become_duties(site):
    site.book()
    dose = Visit.objects.filter(kind=VisitKind.DOSE).order_by("starts_at")[0]
    at = dose.starts_at - timedelta(hours=30)
    assert remind_due(at) == 1
    assert remind_due(at) == 0
    reminder = dose.reminder
    said = reminding.before(reminder, at=at, zone=site.clinic.zone)
    assert said.food_until == dose.starts_at + timedelta(minutes=25) - timedelta(hours=6)
    assert said.drink_until == dose.starts_at + timedelta(minutes=25) - timedelta(hours=2)
    assert Duty.objects.filter(kind="visit.escort", state="open").count() == 1
    token = access.token_for(reminder)
    page = Client().get(f"/r/{token}/")
    assert page.status_code == 200
    assert b"ketamine" not in page.content.lower()
    link = {"reminder": reminder, "by": site.desk, "at": at}
    actions.record_reply(reply="ate", **link)
    assert not Duty.objects.filter(kind="visit.ate").exists(), "until six hours before they may eat"
    link["at"] = said.food_until
    actions.record_reply(reply="ate", **link)
    actions.record_reply(reply="cannot", **link)

    def owed() -> set[str]:
        return set(Duty.objects.filter(state="open").values_list("kind", flat=True))

    assert owed() >= {"visit.ate", "visit.cannot", "visit.escort"}
    actions.record_reply(reply="yes", escort_name="Kim", escort_phone="555 0123", **link)
    assert ReminderReply.objects.count() == 4
    assert "visit.ate" in owed()  # whoever ate has eaten, and comes all the same
    assert not owed() & {"visit.cannot", "visit.escort"}
    with pytest.raises(Refused, match="Nothing is chosen"):
        actions.record_reply(reply="perhaps", **link)


def test_an_escort_is_a_name_and_a_telephone_asked_for_in_words_and_never_cut(site):
    site.book()
    dose = Visit.objects.filter(kind=VisitKind.DOSE).order_by("starts_at")[0]
    at = dose.starts_at - timedelta(hours=30)
    remind_due(at)
    address, client = f"/r/{access.token_for(dose.reminder)}/", Client()
    with patch("ketacare.web.clock.now", lambda: at):
        for number in ("", "none"):
            assert client.post(address, once(reply="yes", escort_name="Kim", escort_phone=number)).status_code == 303
            assert "We still need a telephone number" in client.get(address).content.decode()
        long = "Kim " * 40
        refused = client.post(address, once(reply="yes", escort_name=long, escort_phone="555 0123"))
        assert refused.status_code == 422
        assert long.strip() in refused.content.decode()
        assert client.post(address, once(reply="")).status_code == 422
    tenancy.enter(organisation_id=site.clinic.organisation_id)
    assert ReminderReply.objects.count() == 2
    assert Duty.objects.filter(kind="visit.escort", state="open").count() == 1


def test_h05_whoever_ate_is_told_not_to_set_out_whatever_they_answer_next(site):
    site.book()
    dose = Visit.objects.filter(kind=VisitKind.DOSE).order_by("starts_at")[0]
    remind_due(dose.starts_at - timedelta(hours=30))
    address, client = f"/r/{access.token_for(dose.reminder)}/", Client()
    wait, comes = "Please do not set out", "We expect you"

    def answered(reply: str, hours_before: int) -> str:
        with patch("ketacare.web.clock.now", lambda: dose.starts_at - timedelta(hours=hours_before)):
            assert client.post(address, once(reply=reply)).status_code == 303
            return client.get(address).content.decode()

    early = answered("ate", 20)
    assert "You may still eat until" in early
    assert wait not in early
    assert comes in answered("yes", 19)
    assert wait in answered("ate", 4)
    page = answered("yes", 3)
    assert wait in page
    assert comes not in page


def test_p6_a_colleagues_feed_ends_with_their_last_post(site):
    scheduling.open_feed(by=site.nurses[0], at=AT)
    feed = CalendarFeed.objects.get(user_id=site.nurses[0].user_id)
    address = f"/calendar/{feeds.token_of(feed)}.ics"
    assert Client().get(address).status_code == 200
    tenancy.enter(organisation_id=site.clinic.organisation_id)
    Staff.objects.filter(user_id=site.nurses[0].user_id).update(ended_at=AT)
    assert Client().get(address).status_code == 404


def test_a_visit_that_moves_is_reminded_of_anew_and_the_old_link_is_dead(site):
    site.book()
    dose = Visit.objects.filter(kind=VisitKind.DOSE).order_by("starts_at")[0]
    at = dose.starts_at - timedelta(hours=30)
    remind_due(at)
    old = access.token_for(dose.reminder)
    Visit.objects.filter(pk=dose.pk).update(
        starts_at=dose.starts_at + timedelta(minutes=15), ends_at=dose.ends_at + timedelta(minutes=15)
    )
    assert remind_due(at) == 1
    assert Client().get(f"/r/{old}/").status_code == 404


@pytest.mark.parametrize("role", ["FD", "RN", "RX", "TH", "MD", "AU", "AD"])
def test_every_role_that_plans_opens_the_pages(site, role):
    site.book()
    first = Visit.objects.order_by("starts_at")[0]
    client = browser(someone(site.clinic, role))
    day = local_day(first.starts_at, site.clinic.zone).isoformat()
    for path in ("/planning/", "/planning/?view=week", "/planning/?view=chair", "/planning/resources/",
                 "/planning/waiting/", "/planning/capacity/"):  # fmt: skip
        page = client.get(path, {"on": day} if "?" not in path else {})
        assert page.status_code == 200
        assert role not in ("AD", "TH") or b"Reed" not in page.content  # no name without the right to it


def test_a_therapist_sees_taken_where_a_desk_sees_a_name(site):
    site.book()
    first = Visit.objects.order_by("starts_at")[0]
    day = {"on": local_day(first.starts_at, site.clinic.zone).isoformat()}
    assert b"J. Reed" in browser(site.desk).get("/planning/", day).content
    assert b"Taken" in browser(someone(site.clinic, Role.TH, "Other Therapist")).get("/planning/", day).content


def test_a_window_is_at_risk_while_it_is_open_and_neither_a_visit_nor_a_note_uses_it(site):
    given = AT - 4 * DAY
    dose = Visit.objects.create(
        **about(site.patient, given), kind=VisitKind.DOSE, starts_at=given, ends_at=given + timedelta(hours=2)
    )
    board = queries.capacity(by=site.desk, at=AT)
    assert (board.windows, board.at_risk) == (0, ())  # 24 to 72 h: over
    prepared_with(site, "asat")  # 24 to 120 h
    board = queries.capacity(by=site.desk, at=AT)
    assert (board.windows, [one.dose for one in board.at_risk]) == (1, [dose])
    page = browser(site.desk).get("/planning/capacity/").content.decode()
    assert f"/planning/book/?patient={site.patient.pk}&amp;kind=integration" in page
    assert (
        "/planning/book/?patient="
        not in browser(someone(site.clinic, Role.AU)).get("/planning/capacity/").content.decode()
    )
    tenancy.enter(organisation_id=site.clinic.organisation_id)
    for happened_at, left in ((given + timedelta(hours=23), [dose]), (given + 2 * DAY, [])):
        IntegrationNote.objects.create(
            **about(site.patient, AT, fact=True), visit=dose, minutes=50, summary="-", happened_at=happened_at
        )
        board = queries.capacity(by=site.desk, at=AT)
        assert (board.windows, [one.dose for one in board.at_risk]) == (1, left)


def about(patient, at, *, fact=False):
    kept = {"recorded_at": at} if fact else {"created_at": at}
    return {"organisation_id": patient.organisation_id, "clinic_id": patient.clinic_id, "patient": patient} | kept


def test_in_the_week_a_visit_goes_to_another_open_day_by_whoever_may_move_it(site):
    site.book()
    first = Visit.objects.order_by("starts_at")[0]
    day = local_day(first.starts_at, site.clinic.zone)
    week = {"view": "week", "on": day.isoformat()}
    page = browser(site.desk).get("/planning/", week).content.decode()
    assert f'data-day="{day.isoformat()}"' in page
    assert f'data-clock="{first.starts_at.astimezone(ZoneInfo(site.clinic.zone)):%H:%M}"' in page
    sunday = day + timedelta(days=6 - day.weekday())
    assert f'data-day="{sunday.isoformat()}"' not in page, "closed"
    before = {"view": "week", "on": (local_day(AT, site.clinic.zone) - timedelta(days=7)).isoformat()}
    assert "data-day=" not in browser(site.desk).get("/planning/", before).content.decode(), "over"
    auditor = someone(site.clinic, Role.AU)
    assert "data-day=" not in browser(auditor).get("/planning/", week).content.decode()


# -- one place for the hours of a window -------------------------------------------------------------------------------


def prepared_with(site, placed):
    therapist = User.objects.get(pk=site.therapist.user_id)
    if not site.patient.relations.exists():
        people.relate(patient=site.patient, user=therapist, kind="therapist", by=site.desk, at=AT)
    said = {"minutes": "50", "placed": placed}
    therapy.write_preparation(patient=site.patient, said=said, checklist=[], shown=[], by=site.therapist, at=AT)


def test_the_hours_chosen_at_preparation_are_those_a_course_is_planned_by(site):
    prepared_with(site, "asat")
    question, _ = site.proposal()
    assert (question.rules.window.opens_h, question.rules.window.closes_h) == (24, 120)
    assert {(n.from_min, n.until_min) for n in question.needs if n.kind == "integration"} == {(24 * 60, 120 * 60)}


def test_chosen_later_they_move_the_windows_of_the_booked_course_and_of_the_duty(site):
    course = site.book()
    dose = Visit.objects.filter(kind=VisitKind.DOSE).order_by("starts_at")[0]
    assert calendar.window_hours(dose) == (24, 72)
    prepared_with(site, "asat")
    course.refresh_from_db()
    assert (course.rules["opens_h"], course.rules["closes_h"]) == (24, 120)
    dose.refresh_from_db()
    assert calendar.window_hours(dose) == (24, 120)
    began = dose.starts_at + timedelta(minutes=course.rules["before_min"])
    told = worked.windows(site.patient, AT)[0].window
    assert (told.opens_at, told.closes_at) == (began + DAY, began + 5 * DAY)
    duty = open_integration(dose, began, by=site.nurses[0], at=AT)
    assert (duty.due_at, duty.late_at) == (began + DAY, began + 5 * DAY)


def test_they_count_for_the_duty_without_a_course_too_and_a_duty_that_stands_moves_with_them(site):
    dose = Visit.objects.create(
        organisation_id=site.patient.organisation_id, clinic_id=site.patient.clinic_id, created_at=AT,
        patient=site.patient, kind=VisitKind.DOSE, starts_at=AT, ends_at=AT + timedelta(hours=2),
    )  # fmt: skip
    assert calendar.window_hours(dose) == (24, 72)
    prepared_with(site, "asat")
    assert calendar.window_hours(dose) == (24, 120)
    schedule_asks(visit=dose, dose_at=AT, by=site.nurses[0], at=AT)
    [duty] = Duty.objects.filter(kind=INTEGRATION)
    assert (duty.due_at, duty.late_at, duty.escalate_at) == (AT + DAY, AT + 5 * DAY, AT + 5 * DAY)
    prepared_with(site, "")
    duty.refresh_from_db()
    assert (duty.due_at, duty.late_at, duty.escalate_at) == (AT + DAY, AT + 3 * DAY, AT + 3 * DAY)
    assert duty.why == "Integration is placed 24 to 72 h after the dose"
    told = worked.windows(site.patient, AT)[0].window
    assert (told.opens_at, told.closes_at) == (duty.due_at, duty.late_at)


# -- a therapist who sits ----------------------------------------------------------------------------------------------


def test_where_the_protocol_has_a_therapist_one_is_held_through_every_dose(site):
    with patch("ketacare.clinic.planning.queries.course.reader.lengths", lambda: replace(LENGTHS, sits=SITS)):
        site.book()
    doses = list(Visit.objects.filter(kind=VisitKind.DOSE).order_by("starts_at"))
    held = Hold.objects.filter(visit__in=doses, user_id=site.therapist.user_id, is_held=True)
    assert {(one.starts_at, one.ends_at) for one in held} == {(one.starts_at, one.ends_at) for one in doses}
    assert site.kept() == []
    assert as_value(doses[0]).sitter == str(site.therapist.user_id)
    assert {visit.pk for visit in doses} <= {
        visit.pk for visit in feeds.visits_in(scheduling.open_feed(by=site.therapist, at=AT), AT)
    }
    therapist = User.objects.get(pk=site.therapist.user_id)
    other = someone(site.clinic, Role.TH, "Second Therapist")
    away = {"starts_at": doses[0].starts_at - timedelta(hours=1), "ends_at": doses[0].ends_at + timedelta(hours=1)}
    scheduling.add_absence(kind=AbsenceKind.ILL, user=therapist, **away, by=site.desk, at=AT)
    setting, lost = anew.setting_now(site.desk, AT)
    assert lost == [str(doses[0].pk)]
    found = replan(setting, lost)
    assert [one.after.sitter for one in found.moves] == [str(other.user_id)]
    assert found.disturbed == 0


def test_a_course_that_moves_doses_which_are_booked_says_so_before_and_is_told_to_the_patient_after(site):
    starts = [AT + (20 + 2 * number) * DAY for number in range(7)]  # the plan has six
    for start in starts:
        scheduling.book_visit(
            patient=site.patient, kind=VisitKind.DOSE, starts_at=start, ends_at=start + timedelta(hours=2),
            by=site.desk, at=AT,
        )  # fmt: skip
    zone = ZoneInfo(site.clinic.zone)
    desk, path = browser(site.desk), f"/patients/{site.patient.pk}/course/"
    page = desk.get(path, {"first_on": site.asked.first_on.isoformat()}).content.decode()
    assert "Instead of the 7 doses booked from" in page
    assert "1 of them is cancelled" in page
    sealed = page.partition('name="alternative" value="')[2].partition('"')[0]
    assert desk.post(path, once(alternative=sealed, first_on=site.asked.first_on.isoformat())).status_code == 302
    (owed,) = Duty.objects.filter(kind="visit.tell", patient=site.patient, state="open")
    assert owed.owner_role == Role.FD
    first = Visit.objects.get(kind=VisitKind.DOSE, number_in_course=1)
    was, now = (moment.astimezone(zone) for moment in (starts[0], first.starts_at))
    assert f"{was:%a %d-%b %H:%M} is now {now:%a %d-%b %H:%M}" in owed.why
    assert Visit.objects.filter(kind=VisitKind.DOSE, state=VisitState.CANCELLED).count() == 1
    there = moved(as_value(first), timedelta(minutes=15))
    scheduling.place_visit(
        visit=first, one=there, reason="patient", override="Agreed", by=site.prescriber, at=AT + timedelta(minutes=1)
    )
    (owed,) = Duty.objects.filter(kind="visit.tell", patient=site.patient, state="open")
    assert owed.title == "Tell the patient the new times of their visits", "not told yet: still one call"
    assert f"Dose 1 {there.span.starts.astimezone(zone):%a %d-%b %H:%M}" in owed.why


def test_of_what_is_proposed_everybody_hears_a_day_before(site):
    asked = replace(site.asked, first_on=local_day(AT, site.clinic.zone), laboratory=True)
    made = queries.proposal(queries.question(site.patient, asked, by=site.desk, at=AT), asked, by=site.desk)
    assert min(one.span.starts for way in made for one in way.visits) >= AT + LENGTHS.notice


def test_what_holds_a_course_back_is_said_once_and_names_the_wish(site):
    weekdays, first = frozenset(range(7)), site.asked.first_on
    asked = replace(site.asked, never_weekdays=weekdays, away=((first, first + timedelta(days=2)),))
    held = queries.proposal(queries.question(site.patient, asked, by=site.desk, at=AT), asked, by=site.desk)
    assert held.reasons[-1].startswith("The patient's wishes: never on Monday, Tuesday")
    assert f"away {first:%d-%b-%Y} to" in held.reasons[-1]
    assert held.reasons[0].startswith("Dose 1, Dose 2, Dose 3 and ")
    assert len(held.reasons) == 2


def test_the_ways_differ_by_their_days_and_by_their_hours(site):
    _, made = site.proposal()
    zone = ZoneInfo(site.clinic.zone)
    doses = [[one.span.starts.astimezone(zone) for one in way.visits if one.kind is Kind.DOSE] for way in made]
    first, second, third = ([moment.date() for moment in way] for way in doses)
    assert sum(one != other for one, other in zip(first, second, strict=True)) >= 4
    for other in doses[1:]:
        apart = [abs(one - two) >= timedelta(hours=2) for one, two in zip(doses[0], other, strict=True)]
        assert sum(apart) >= 4
    assert third
