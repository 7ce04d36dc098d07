"""A course from the signed plan to the calendar, by the desk's own page; what is refused, and by whom lifted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.test import Client

from ketacare.clinic.duties.models import Duty
from ketacare.clinic.enrolment.tests.factories import a_plan
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.people.tests.factories import AT, a_clinic, a_patient, browser, once, someone
from ketacare.clinic.planning import access, actions, queries
from ketacare.clinic.planning.models import ReminderReply
from ketacare.clinic.planning.queries import Asked, reminding
from ketacare.clinic.planning.tasks import remind_due
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling import feeds
from ketacare.clinic.scheduling import queries as calendar
from ketacare.clinic.scheduling.models import (
    AbsenceKind,
    CalendarFeed,
    Course,
    Happened,
    Hold,
    ResourceKind,
    SiteRules,
    Visit,
    VisitChange,
    VisitKind,
    VisitState,
    Waiting,
    WaitingState,
)
from ketacare.clinic.scheduling.planner import Held, replan
from ketacare.clinic.scheduling.queries import anew
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.scheduling.rules import breaks
from ketacare.medicine.scheduling.terms import Span

DAY = timedelta(days=1)


class Site:
    """A clinic with two chairs, two nurses, a therapist, a prescriber and one patient with a signed plan."""

    def __init__(self) -> None:
        self.clinic = a_clinic()
        self.desk, self.prescriber = someone(self.clinic, Role.FD), someone(self.clinic, Role.RX)
        self.nurses = [someone(self.clinic, Role.RN, f"Nurse {n}") for n in (1, 2)]
        self.therapist = someone(self.clinic, Role.TH, "Teo Therapist")
        self.chairs = [scheduling.add_chair(name=f"Chair {n}", by=self.desk, at=AT) for n in (1, 2)]
        for kind, name in ((ResourceKind.PUMP, "Pump 1"), (ResourceKind.MONITOR, "Monitor 1")):
            scheduling.add_resource(kind=kind, name=name, by=self.desk, at=AT)
        self.patient = a_patient(self.desk)
        a_plan(self.patient, self.clinic, self.prescriber)

    @property
    def asked(self) -> Asked:
        return Asked(local_day(AT, self.clinic.zone) + DAY)

    def proposal(self):
        question = queries.question(self.patient, self.asked, by=self.desk, at=AT)
        made = queries.proposal(question, self.asked, by=self.desk)
        assert not isinstance(made, Held)
        return question, made

    def book(self) -> Course:
        question, made = self.proposal()
        return actions.book_proposal(question=question, visits=made[0].visits, asked=self.asked, by=self.desk, at=AT)

    def kept(self):
        """The whole calendar against the whole site, by the checker."""
        rows = Visit.objects.filter(state=VisitState.BOOKED).order_by("starts_at")
        span = calendar_span(rows)
        return breaks(calendar.booked_in(self.clinic.pk, span), calendar.house_of(self.clinic, span))


def calendar_span(rows):
    return Span(rows.first().starts_at - DAY, rows.last().ends_at + DAY)


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
        6, 6, 1, 2,
    )  # fmt: skip
    assert site.kept() == []
    assert Hold.objects.filter(user__isnull=False, lane=0, lane_until=1).count() == 6  # a nurse's hands for each start
    assert desk.post(path, once(alternative=sealed)).status_code == 422  # two courses for one patient
    tampered = sealed[:-4] + "AAAA"
    assert browser(site.desk).post(path, once(alternative=tampered)).status_code == 422


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
        (timedelta(days=2), "too near each other"),
    ],
)
def test_a_place_against_a_rule_is_refused_with_the_rule_and_a_prescriber_lifts_it_by_name(site, by, words):
    site.book()
    visit = Visit.objects.filter(kind=VisitKind.DOSE).order_by("starts_at")[1]
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
    with pytest.raises(Refused, match=r"taken|booked"):
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
    assert "Nothing, the same time" in desk.get("/planning/replan/").content.decode()
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
    rules = {"end_before_closing_min": 60, "needs_supervisor": True, "by": director, "at": AT}
    with pytest.raises(Refused) as refused:
        scheduling.set_site_rules(hands_on_min=1, watched_most=20, **rules)
    assert {one.field for one in refused.value.refusals} == {"hands_on_min", "watched_most"}
    scheduling.set_site_rules(hands_on_min=15, watched_most=2, **rules)
    scheduling.set_site_rules(hands_on_min=20, watched_most=2, reason="New staff", **rules)
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
    for word in ("dose", "dosing", "ketamine", "integration", "therapy", "review", "chair", "Reed", "Jo"):
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
    actions.record_reply(reply="cannot", **link)
    actions.record_reply(reply="yes", escort_name="Kim", escort_phone="555 0123", **link)
    assert ReminderReply.objects.count() == 3
    kinds = set(Duty.objects.filter(state="open").values_list("kind", flat=True))
    assert {"visit.ate", "visit.cannot"} <= kinds
    assert "visit.escort" not in kinds
    with pytest.raises(Refused, match="Nothing is chosen"):
        actions.record_reply(reply="perhaps", **link)


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
    assert b"Taken" in browser(site.therapist).get("/planning/", day).content
