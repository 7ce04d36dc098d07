"""Windows that follow the doses, preparation that is carried on, goals, small acts, the plan for staying well."""

from __future__ import annotations

import re
from datetime import date, timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ketacare.clinic.dosing.models import Kind, SessionState, TimelineEntry
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.duties.tests.factories import AT
from ketacare.clinic.outcomes.actions import INTEGRATION
from ketacare.clinic.outcomes.models import MessageOut
from ketacare.clinic.outcomes.tests.factories import a_visit
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import browser, once
from ketacare.clinic.scheduling.models import Visit, VisitState
from ketacare.clinic.tenancy.actions import enter
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.clinic.therapy import access, actions, queries
from ketacare.clinic.therapy.models import Homework, HomeworkTick
from ketacare.clinic.therapy.tests.factories import Couch, a_couch, a_goal
from ketacare.medicine.therapy.terms import Came

pytestmark = pytest.mark.django_db


@pytest.fixture
def couch() -> Couch:
    return a_couch()


def after(hours: float):
    return AT + timedelta(hours=hours)


def refusals(act) -> list[str]:
    with pytest.raises(Refused) as refused:
        act()
    return [one.field for one in refused.value.refusals]


def note(couch: Couch, visit, **changes):
    given = {"happened_at": after(30), "minutes": 50, "summary": "Home", "next_step": "", "at": after(31)} | changes
    return actions.write_note(visit=visit, by=couch.therapist, **given)


def prepare(couch: Couch, **said: str):
    checklist, shown = said.pop("checklist", "intention").split(), said.pop("shown", "").split()
    told = {"minutes": "50", "intention": "To look at the house again", "worries": "The dark"} | said
    return actions.write_preparation(
        patient=couch.patient, said=told, checklist=checklist, shown=shown, by=couch.therapist, at=AT
    )


# -- windows -----------------------------------------------------


def test_a_dose_opens_its_window_and_the_visit_uses_it(couch: Couch):
    visit = couch.dose()
    assert [str(one.state) for one in queries.windows(couch.patient, after(25))] == ["open, not booked"]
    note(couch, visit)
    (one,) = queries.windows(couch.patient, after(90))
    assert (str(one.state), len(one.notes), one.needs_a_word) == ("done", 1, False)


def test_of_two_windows_that_overlap_each_has_its_own_visit(couch: Couch):
    first, second = couch.dose(), couch.dose(after(48))
    prepare(couch, placed="asat")
    work = a_visit(couch.here, couch.patient, after(80))
    Visit.objects.filter(pk=work.pk).update(kind="integration", follows=second)
    states = [str(one.state) for one in queries.windows(couch.patient, after(73))]
    assert states == ["open, not booked", "booked"]
    assert (str(queries.standing(first, after(73)).state), str(queries.standing(second, after(73)).state)) == (
        "open, not booked", "booked",
    )  # fmt: skip
    Visit.objects.filter(pk=work.pk).update(follows=None)  # of none in particular, it serves both
    assert [str(one.state) for one in queries.windows(couch.patient, after(73))] == ["booked", "booked"]


def test_a_missed_window_asks_why_and_who_says_so_and_its_duty_ends(couch: Couch):
    visit = couch.dose()
    said = {"visit": visit, "reason": "no_room", "said_by": "therapist", "words": "", "by": couch.therapist}
    assert refusals(lambda: actions.write_missed(**said, at=after(30))) == ["reason"]
    wrong = said | {"reason": "x", "said_by": "", "words": "x" * 301}
    assert refusals(lambda: actions.write_missed(**wrong, at=after(80))) == ["reason", "said_by", "words"]
    assert queries.windows(couch.patient, after(80))[0].needs_a_word
    actions.write_missed(**said, at=after(80))
    actions.write_missed(**said | {"reason": "not_offered"}, at=after(81))
    assert queries.missed_word(visit).reason == "not_offered"
    assert Duty.objects.get(kind=INTEGRATION).state == "closed"


def test_a_dose_moved_cancelled_called_off_or_stopped_changes_its_window_by_itself(couch: Couch):
    visit = a_visit(couch.here, couch.patient, AT)

    def now():
        return queries.windows(couch.patient, AT)[0]

    assert (str(now().state), now().window.opens_at) == ("the dose is planned", after(24))
    visit.starts_at, visit.ends_at = after(48), after(50)
    visit.save()
    assert now().window.opens_at == after(72)
    visit.state = VisitState.CANCELLED
    visit.save()
    assert (str(now().state), now().window) == ("no dose, no window", None)
    visit.state = VisitState.CHECKED_IN
    visit.save()
    session = couch.session(visit, left_after=None)
    assert (now().dose.came, now().window.opens_at) == (Came.GIVEN, after(72))
    TimelineEntry.objects.create(
        organisation_id=visit.organisation_id, clinic_id=visit.clinic_id, patient=couch.patient, visit=visit,
        kind=Kind.DOSE, name="stop", body={"reason": "Distress"}, happened_at=after(48), recorded_at=after(48),
    )  # fmt: skip
    assert now().is_stopped
    assert now().window is not None
    session.state, session.started_at = SessionState.CALLED_OFF, None
    session.save()
    assert str(now().state) == "no dose, no window"


def test_the_windows_follow_the_programme_that_was_chosen(couch: Couch):
    visit = couch.dose()
    prepare(couch, placed="asat")
    assert queries.windows(couch.patient, AT)[0].window.closes_at == after(120)
    assert queries.standing(visit, after(100)).state == "open, not booked"
    assert refusals(lambda: prepare(couch, placed="montreal")) == ["placed"]


def test_i1_what_was_held_below_the_floor_is_kept_marked_and_the_director_looks_at_it(couch: Couch):
    visit = couch.dose()
    couch.session(visit)
    same_day = {"happened_at": after(1), "at": after(30)}
    assert refusals(lambda: note(couch, visit, **same_day, floor_reason="x" * 301)) == ["floor_reason"]
    row = note(couch, visit, **same_day, floor_reason="Panic in the chair")
    assert row.floor_reason == "Panic in the chair"
    duty = Duty.objects.get(kind=queries.FLOOR)
    assert (duty.owner_role, duty.visit_id) == ("MD", visit.pk)
    director = couch.here.staff(Role.MD)
    with pytest.raises(NotAllowed):
        actions.see_floor(visit=visit, words="Talked", by=couch.therapist, at=after(31))
    assert refusals(lambda: actions.see_floor(visit=visit, words=" ", by=director, at=after(31))) == ["seen"]
    path = reverse("therapy", args=[visit.pk])
    page = browser(director).get(path).content.decode()
    assert "Panic in the chair" in page
    assert "I have looked at it" in page
    assert browser(director).post(path, once(do="seen", seen="")).status_code == 422
    assert "I have looked at it" not in browser(couch.therapist).get(path).content.decode()
    enter(organisation_id=couch.patient.organisation_id)
    actions.see_floor(visit=visit, words="Talked it over", by=director, at=after(31))
    assert Duty.objects.get(kind=queries.FLOOR).state == "closed"
    assert refusals(lambda: actions.see_floor(visit=visit, words="Again", by=director, at=after(31))) == ["seen"]
    assert note(couch, visit, floor_reason="Nothing was broken").floor_reason == ""


def test_a_visit_before_the_dose_is_refused_by_the_rule_that_is_true(couch: Couch):
    visit = couch.dose()
    with pytest.raises(Refused, match="lies before this dose") as refused:
        note(couch, visit, happened_at=after(-30), floor_reason="So it was")
    assert "on the day of the dose" not in str(refused.value)


def test_below_the_floor_nothing_is_noted_without_a_reason(couch: Couch):
    visit = couch.dose()
    couch.session(visit)
    same_day = {"happened_at": after(1), "at": after(30)}
    assert refusals(lambda: note(couch, visit, **same_day)) == ["happened_at", "floor_reason"]
    assert refusals(lambda: note(couch, visit, **same_day, is_exposure=True))[:2] == ["happened_at", "happened_at"]
    assert refusals(lambda: note(couch, visit, **same_day | {"happened_at": after(3)}, is_exposure=True))
    note(couch, visit, **same_day | {"happened_at": after(3)})
    note(couch, visit, is_exposure=True)


def test_what_is_left_open_is_carried_to_the_next_visit(couch: Couch):
    from ketacare.clinic.therapy.queries.agenda import agenda

    visit = couch.dose()
    note(couch, visit, more={"themes": "Home", "unfinished": "The letter", "act_24h": "Sleep", "act_7d": "Write"})
    found = agenda(couch.therapist, visit, after(60))
    assert (found.carried.themes, found.carried.unfinished, found.carried.act_7d) == ("Home", "The letter", "Write")
    assert refusals(lambda: note(couch, visit, more={"act_24h": "x" * 301})) == ["act_24h"]


def test_the_picture_counts_honestly(couch: Couch):
    assert queries.course(couch.patient, AT) is None
    visit = couch.dose()
    assert queries.course(couch.patient, after(80)).sentence == "1 dose given; 0 of 1 windows used."
    note(couch, visit, happened_at=after(100), at=after(101))
    found = queries.course(couch.patient, after(102))
    assert found.sentence == "1 dose given; 0 of 1 windows used, 1 visited outside."
    assert [bar.kind for bar in found.windows] == ["outside"]


# -- preparation -----------------------------------------------------


def test_only_what_the_patient_agreed_to_is_shown_and_it_stands_for_the_next_dose(couch: Couch):
    assert queries.prepared_for_chair(couch.patient) is None
    prepare(couch, shown="intention", must_know="Starts at loud voices")
    found = queries.prepared_for_chair(couch.patient)
    assert found.shown == [("Intention", "To look at the house again")]
    assert (found.kept, found.row.must_know) == (1, "Starts at loud voices")
    prepare(couch, intention="To rest")
    assert queries.preparation(couch.patient).intention == "To rest"
    assert queries.prepared_for_chair(couch.patient).shown == []


@pytest.mark.parametrize(("role", "status"), [("RN", 200), ("RX", 200), ("MD", 200), ("AU", 403), ("FD", 403)])
def test_p1_what_was_agreed_to_be_shown_at_the_chair_is_for_whoever_comes_to_it(couch: Couch, role, status):
    prepare(couch, shown="intention")
    page = browser(couch.here.staff(Role(role))).get(reverse("prepared", args=[couch.patient.pk]))
    assert page.status_code == status
    assert (b"To look at the house again" in page.content) == (status == 200)


def test_a_nurse_reads_no_preparation_and_bad_entries_are_named(couch: Couch):
    with pytest.raises(NotAllowed):
        actions.write_preparation(
            patient=couch.patient, said={}, checklist=[], shown=[], by=couch.here.staff(Role.RN), at=AT
        )
    bad = {"minutes": "3", "mood": "11", "checklist": "nonsense", "shown": "sleep", "sleep": "x" * 121}
    assert refusals(lambda: prepare(couch, **bad)) == ["minutes", "mood", "sleep", "checklist", "shown"]


# -- goals -----------------------------------------------------


def write_goal(couch: Couch, **changes: str):
    return actions.write_goal(patient=couch.patient, said=a_goal(**changes), by=couch.therapist, at=AT)


def test_goals_are_scaled_in_words_first(couch: Couch):
    goals = [write_goal(couch, title=f"Goal {n}") for n in range(3)]
    before = queries.scaled(couch.patient)
    assert (before.score, before.each[0].words, before.each[0].title) == (None, "Up by noon", "Less than expected")
    levels = {goal.case: "1" for goal in goals}
    actions.scale_goals(patient=couch.patient, levels=levels, by=couch.therapist, at=after(1))
    now = queries.scaled(couch.patient)
    assert (now.each[0].words, now.each[0].title, str(now.score.now)) == ("By eight", "More than expected", "63.7")
    assert now.doubts == []
    actions.end_goal(goal=goals[0], words="Reached", by=couch.therapist, at=after(2))
    assert queries.scaled(couch.patient).doubts == ["It stands on 2 of at least 3 goals."]


def test_weights_of_zero_missing_levels_and_a_sixth_goal_are_refused(couch: Couch):
    assert refusals(lambda: write_goal(couch, importance="0")) == ["importance"]
    assert refusals(lambda: write_goal(couch, importance="", difficulty="9")) == ["importance", "difficulty"]
    assert refusals(lambda: write_goal(couch, title=" ", domain="x", value="x" * 201)) == ["title", "domain", "value"]
    goals = [write_goal(couch) for _ in range(5)]
    assert refusals(lambda: write_goal(couch)) == ["title"]
    for levels in ({}, {goals[0].case: "3"}):
        assert refusals(
            lambda levels=levels: actions.scale_goals(patient=couch.patient, levels=levels, by=couch.therapist, at=AT)
        )
    assert refusals(lambda: actions.end_goal(goal=goals[0], words=" ", by=couch.therapist, at=AT)) == ["words"]


# -- small acts -----------------------------------------------------


def test_i14_no_answer_is_none_the_day_is_the_pages_and_a_refused_mood_stays_to_be_mended(couch: Couch):
    path, clock = f"/h/{access.token_for(give(couch))}/", "ketacare.web.clock.now"
    late = after(0).astimezone(ZoneInfo(couch.here.clinic.zone)).replace(hour=23, minute=58)
    client = Client()
    with patch(clock, lambda: late):
        page = client.get(path).content.decode()
    assert 'name="day" value="2026-07-14"' in page
    first = re.search(r'<button[^>]*name="answer"[^>]*>', page)
    assert first
    assert 'value=""' in first[0]  # what the return key presses says nothing
    with patch(clock, lambda: late + timedelta(minutes=4)):
        for unsaid in ({}, {"answer": ""}):
            answer = client.post(path, once(day="2026-07-14", mood="6", **unsaid))
            assert answer.status_code == 422
            assert 'value="6"' in answer.content.decode()
        assert client.post(path, once(answer="done")).status_code == 422
        refused = client.post(path, once(day="2026-07-14", answer="done", mood="11"))
        assert (refused.status_code, 'value="11"' in refused.content.decode()) == (422, True)
        enter(organisation_id=couch.patient.organisation_id)
        assert not HomeworkTick.objects.exists()
        assert client.post(path, once(day="2026-07-14", answer="done", mood="6")).status_code == 303
    enter(organisation_id=couch.patient.organisation_id)
    row = HomeworkTick.objects.get()
    assert (row.day, row.done, row.mood) == (date(2026, 7, 14), True, 6)


ACT = {"act": "Walk", "days": "4", "minutes": "10", "first_on": "2026-07-14", "skill": "breathing"}


def give(couch: Couch, **changes: str):
    return actions.give_homework(patient=couch.patient, said=ACT | changes, visit=None, by=couch.therapist, at=AT)


def test_an_act_is_sent_each_day_and_ticked_by_its_link_alone(couch: Couch):
    homework = give(couch)
    sent = MessageOut.objects.filter(form_id=homework.pk).order_by("send_after")
    assert [(row.kind, row.code) for row in sent] == [("homework", "first"), *[("homework", "reminder")] * 3]
    found = access.homework_by_link(access.token_for(homework))
    from ketacare.clinic.links.access import link_actor

    by = link_actor(found)
    with CaptureQueriesContext(connection) as asked:
        for done in (False, True):
            actions.tick(homework=found, day=date(2026, 7, 14), done=done, mood="6", by=by, at=after(2))
    assert (
        sum("FOR UPDATE" in query["sql"] for query in asked.captured_queries) == 2
    )  # two at once: one after the other
    assert [one.word for one in queries.so_far(found, after(2))] == ["done", "ahead", "ahead", "ahead"]
    assert [one.word for one in queries.so_far(found, after(30))] == ["done", "not said", "ahead", "ahead"]
    for day in (date(2026, 7, 15), date(2026, 7, 13)):
        assert refusals(
            lambda day=day: actions.tick(homework=found, day=day, done=True, mood="", by=by, at=after(2))
        ) == ["day"]
    assert refusals(
        lambda: actions.tick(homework=found, day=date(2026, 7, 14), done=True, mood="11", by=by, at=after(2))
    ) == ["mood"]
    other = give(couch, first_on="2026-07-18")
    with pytest.raises(NotAllowed):
        actions.tick(homework=other, day=date(2026, 7, 18), done=True, mood="", by=by, at=after(2))
    actions.end_homework(homework=found, by=couch.therapist, at=after(3))
    assert {row.state for row in MessageOut.objects.filter(form_id=homework.pk)} == {"needless"}


def test_an_act_too_long_or_for_too_many_days_is_refused(couch: Couch):
    bad = {"act": "", "days": "8", "minutes": "21", "first_on": "2026-07-13", "skill": "x", "why": "x" * 201}
    assert refusals(lambda: give(couch, **bad)) == ["act", "why", "skill", "days", "minutes", "first_on"]
    assert refusals(lambda: give(couch, days="3", first_on="soon")) == ["days", "first_on"]


def test_no_day_has_a_second_act(couch: Couch):
    """One small act a day: the 14th to the 17th are taken, the 20th to the 23rd too; between them there is no room."""
    first = give(couch)
    give(couch, first_on="2026-07-20", act="Swim")
    for begins, days, other in (("14", "4", "Walk"), ("17", "7", "Walk"), ("18", "4", "Swim"), ("23", "4", "Swim")):
        with pytest.raises(Refused) as refused:
            give(couch, first_on=f"2026-07-{begins}", days=days)
        [said] = refused.value.refusals
        assert said.field == "first_on"
        assert f"“{other}”" in said.rule
        assert said.remedy == "Begin on 24-Jul-2026, or end the other first."
    assert Homework.objects.count() == 2
    assert give(couch, first_on="2026-07-24").days == 4
    actions.end_homework(homework=first, by=couch.therapist, at=after(1))
    assert give(couch, act="Call Kim").first_on == date(2026, 7, 14)


# -- staying well -----------------------------------------------------


def test_a_plan_for_staying_well_says_the_least_and_has_a_review(couch: Couch):
    def write(**said: str):
        return actions.write_relapse_plan(patient=couch.patient, said=said, by=couch.therapist, at=AT)

    whole = {
        "early_signs": "Late to bed",
        "helps": "Walks",
        "call": "Kim",
        "in_24_h": "Call",
        "review_on": "2026-10-01",
    }
    missing = ["early_signs", "helps", "call", "in_24_h", "review_on"]
    assert refusals(lambda: write()) == missing
    assert refusals(lambda: write(**whole | {"review_on": "2026-07-14", "triggers": "x" * 1001})) == [
        "triggers",
        "review_on",
    ]
    write(**whole)
    write(**whole | {"helps": "The lake"})
    assert queries.relapse_plan(couch.patient).values["helps"] == "The lake"


# -- sitting -----------------------------------------------------


def test_a_stamp_and_the_patients_words_stand_on_the_sessions_timeline(couch: Couch):
    from ketacare.clinic.therapy.queries.sitting import calm, told

    visit = couch.dose()
    session = couch.session(visit, left_after=None)
    session.visit = visit
    for name, words in (("music_on", "Cello"), ("tears", ""), ("", "I see the house")):
        actions.stamp(session=session, name=name, words=words, by=couch.therapist, at=after(0.5))
    assert {(one.kind, one.words) for one in told(session)} == {
        ("music", "Music on: Cello"),
        ("stamp", "Tears"),
        ("said", "“I see the house”"),
    }
    assert refusals(lambda: actions.stamp(session=session, name="x", words="", by=couch.therapist, at=AT)) == ["words"]
    assert refusals(lambda: actions.stamp(session=session, name="", words="x" * 501, by=couch.therapist, at=AT))
    assert calm(session, after(0.5)).kind == "unknown"
    session.state = SessionState.LEFT
    assert calm(session, after(0.5)).kind == "over"


# -- two at once ------------------------------------------------------


def test_i4_h20_who_keeps_a_preparation_or_a_plan_second_sees_both_texts(couch: Couch):
    prepare(couch)
    client = browser(couch.therapist)
    for route, name, mine, theirs in (
        ("preparation", "before", {"minutes": "50", "intention": "My words"}, "Their words"),
        ("relapse-plan", "before", WELL_SAID | {"helps": "My words"}, "Their words"),
    ):
        path = reverse(route, args=[couch.patient.pk])
        seen = re.search(f'name="{name}" value="([^"]*)"', client.get(path).content.decode())
        assert seen
        enter(organisation_id=couch.patient.organisation_id)
        if route == "preparation":
            prepare(couch, intention=theirs)
        else:
            actions.write_relapse_plan(
                patient=couch.patient, said=WELL_SAID | {"helps": theirs}, by=couch.therapist, at=AT
            )
        answer = client.post(path, once(before=seen[1], **mine))
        page = answer.content.decode()
        assert answer.status_code == 409
        assert "My words" in page
        assert "Their words" in page
        again = re.search(f'name="{name}" value="([^"]+)"', page)
        assert again
        assert client.post(path, once(before=again[1], **mine)).status_code == 302


WELL_SAID = {
    "early_signs": "Up at four", "helps": "Swim", "call": "Kim", "in_24_h": "Call here", "review_on": "2099-01-01",
}  # fmt: skip
