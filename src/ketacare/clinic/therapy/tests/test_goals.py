"""Goals with the day by which, agreed anew; and the picture of both courses with what is booked."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.urls import reverse

from ketacare.clinic.duties.tests.factories import AT
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.tests.factories import browser
from ketacare.clinic.scheduling.models import Visit, VisitKind
from ketacare.clinic.tenancy.actions import enter
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.clinic.therapy import actions, queries
from ketacare.clinic.therapy.models import Goal
from ketacare.clinic.therapy.queries.course import between
from ketacare.clinic.therapy.tests.factories import Couch, a_couch, a_goal

pytestmark = pytest.mark.django_db
AGREED = {name: a_goal()[name] for name in ("by_on", "measure", "confidence", "first_step")}


@pytest.fixture
def couch() -> Couch:
    return a_couch()


def after(hours: float) -> datetime:
    return AT + timedelta(hours=hours)


def page(couch: Couch, name: str, at: datetime) -> str:
    with patch("ketacare.web.clock.now", lambda: at):
        found = browser(couch.therapist).get(reverse(name, args=[couch.patient.pk])).content.decode()
    enter(organisation_id=couch.patient.organisation_id)
    return found


def written_before_a_goal_had_a_day(couch: Couch) -> Goal:
    levels = {str(level): words for level, words in zip(range(-2, 3), "abcde", strict=True)}
    return Goal.objects.create(
        **about(couch.patient, couch.therapist, AT), case=uuid4(), title="Old", domain="sleep", levels=levels,
        importance=2, difficulty=1, start=-1, obstacle="If it rains I stay in",
    )  # fmt: skip


def test_an_old_goal_asks_for_its_day_and_agreed_anew_keeps_levels_history_and_place(couch: Couch):
    old = written_before_a_goal_had_a_day(couch)
    actions.write_goal(patient=couch.patient, said=a_goal(title="Other"), by=couch.therapist, at=after(0.1))
    actions.scale_goals(patient=couch.patient, levels={old.case: "0"}, by=couch.therapist, at=after(1))
    told = page(couch, "goals", after(2))
    assert "No day set" in told
    assert f'href="?goal={old.pk}#anew"' in told
    assert "No day set" in page(couch, "therapy-course", after(2))

    renew = partial(actions.renew_goal, goal=old, by=couch.therapist, at=after(3))
    with pytest.raises(Refused) as refused:
        renew(said=AGREED | {"by_on": "", "confidence": "6", "helper": "x" * 121})
    assert [one.field for one in refused.value.refusals] == ["by_on", "confidence", "helper"]
    renew(said=AGREED | {"helper": "Ana", "obstacle": "rain", "if_then": "the doorway"})
    first, other = queries.scaled(couch.patient).each
    assert (first.goal.title, first.level, first.goal.by_on) == ("Old", 0, date(2026, 12, 31))
    assert (first.expected, other.goal.title) == ("c", "Other")
    told = page(couch, "goals", after(4))
    for words in ("by <strong>31-Dec-2026", "Mornings of seven", "8 of 10", "Set the alarm", "Ana", "the doorway"):
        assert words in told
    assert "No day set" not in told
    assert "Its day has passed" in page(couch, "goals", datetime(2027, 1, 2, 15, 0, tzinfo=UTC))


def test_a_goal_nobody_is_sure_of_is_not_written(couch: Couch):
    for confidence in ("6", "", "11"):
        said = a_goal(confidence=confidence)
        with pytest.raises(Refused) as refused:
            actions.write_goal(patient=couch.patient, said=said, by=couch.therapist, at=AT)
        assert [one.field for one in refused.value.refusals] == ["confidence"]
    assert not Goal.objects.exists()


def test_the_picture_has_what_is_booked_the_acts_on_their_own_day_and_the_day_of_a_goal(couch: Couch):
    first = couch.dose()
    later, bare = (a_visit(couch, VisitKind.DOSE, after(hours)) for hours in (96, 192))
    a_visit(couch, VisitKind.INTEGRATION, after(96 + 30), follows=later)
    said = {"act": "Walk", "days": "4", "minutes": "10", "first_on": "2026-07-14"}
    row = actions.give_homework(patient=couch.patient, said=said, visit=None, by=couch.therapist, at=AT)
    at = after(60)
    actions.tick(homework=row, day=date(2026, 7, 14), done=True, mood="", by=couch.therapist, at=at)
    for day in ("2026-07-25", "2026-12-31"):
        actions.write_goal(patient=couch.patient, said=a_goal(title=day, by_on=day), by=couch.therapist, at=AT)
    told = queries.windows(couch.patient, at)
    found = queries.course(couch.patient, at, told)
    assert found is not None
    places = [(one.visit, one.place is not None) for one in told]
    assert places == [(first, False), (later, True), (bare, False)]
    assert [bar.kind for bar in found.windows] == ["open", "booked", "ahead"]
    assert [(mark.words, mark.kind) for mark in found.visits] == [("Integration visit, booked", "booked")]
    assert [mark.words for mark in found.due] == ["By 25-Jul: 2026-07-25"]
    assert found.later == ["2026-12-31 by 31-Dec-2026"]
    assert (found.last_score, found.last_goals) == ("", "")
    assert [between(levels) for levels in ((), (1, 1), (0, -1))] == ["", "+1", "\N{MINUS SIGN}1 to 0"]
    assert found.homework[0].at < found.now - 10, "ticked two days late, it stands on its own day"
    shown = page(couch, "therapy-course", at)
    assert shown.count("No visit booked yet") == 1
    assert shown.count("Book its visit") == 2, "after the dose that was given and after the bare one"
    assert 'class="cp-visit cp-visit--booked"' in shown


def a_visit(couch: Couch, kind: VisitKind, starts_at: datetime, **more: Any) -> Visit:
    return Visit.objects.create(
        organisation_id=couch.patient.organisation_id, clinic_id=couch.patient.clinic_id, created_at=AT,
        patient=couch.patient, kind=kind, starts_at=starts_at, ends_at=starts_at + timedelta(hours=1), **more,
    )  # fmt: skip
