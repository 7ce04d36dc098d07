"""Whether the last session is over is read from the record; an answer makes it graver, never lighter (RD-22)."""

from __future__ import annotations

import pytest

from ketacare.clinic.dosing.actions import adverse, leaving
from ketacare.clinic.dosing.models import Outcome, Relatedness
from ketacare.clinic.dosing.queries import last_session, readiness
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Duty
from ketacare.medicine.evidence.terms import Fact

pytestmark = pytest.mark.django_db


def told(day, grade, **more):
    judged = adverse.Judged("seizure", grade, f.later(-600), **more)
    return adverse.record(patient=day.patient, judged=judged, by=day.prescriber, at=f.later(-500))


def answer(day, said="reviewed"):
    given = [Fact("last_session", said, None, f.AT, "nurse")] if said else []
    found = last_session.with_record(day.session, given, f.AT)
    return next((fact.value for fact in found if fact.name == "last_session"), None)


OVER = {"outcome": Outcome.RESOLVED, "resolved_at": f.later(-560)}


@pytest.mark.parametrize(
    ("grade", "more", "found"),
    [
        (3, {}, "grade 3 unresolved"),
        (2, {"serious": ("hospital",)}, "grade 3 unresolved"),
        (3, OVER, "grade 2 not addressed"),
        (3, {**OVER, "relatedness": Relatedness.UNLIKELY}, "reviewed"),
        (2, {}, "grade 2 not addressed"),
        (3, {"relatedness": Relatedness.UNRELATED}, "grade 2 not addressed"),
        (3, {**OVER, "relatedness": Relatedness.UNRELATED}, "reviewed"),
        (2, OVER, "reviewed"),
        (1, {}, "reviewed"),
        (4, {"outcome": Outcome.SET_ASIDE, "words": "was none"}, "reviewed"),
    ],
)
def test_what_is_open_of_earlier_events_decides_whatever_was_ticked(grade, more, found):
    day = f.a_day()
    told(day, grade, **more)
    assert answer(day) == found
    assert answer(day, "grade 3 unresolved") == "grade 3 unresolved"
    assert answer(day, "") == (None if found == "reviewed" else found)


def test_what_was_judged_unrelated_is_decided_about_once_and_again_when_it_is_looked_at_anew():
    day = f.a_day()
    event = told(day, 3, relatedness=Relatedness.UNRELATED)
    assert [words for _, words in last_session.still_open(day.session)] == [
        "Seizure, grade 3, not yet resolved, judged unrelated, still there"
    ]
    when = {"starts_at": f.later(-420), "ends_at": f.later(-300), "at": f.later(-450)}
    visit = f.scheduling.book_visit(patient=day.patient, kind=f.VisitKind.DOSE, by=day.desk, number_in_course=1, **when)
    f.timeline.write(visit=visit, kind=f.Kind.DECISION, name="go", body={}, by=day.prescriber, at=f.later(-400))
    assert answer(day) == "reviewed"
    again = adverse.Judged("seizure", 3, f.later(-600), relatedness=Relatedness.UNRELATED)
    adverse.look_again(event=event, judged=again, reason="no better", by=day.prescriber, at=f.later(-300))
    assert answer(day) == "grade 2 not addressed"


def test_the_review_after_leaving_against_advice_holds_the_next_dose_until_it_is_done():
    day = f.a_day()
    row = {"session": day.session, "by": day.nurse, "at": f.AT}
    leaving.call_owed(day.session, leaving.AGAINST, f.AT, by=day.nurse, at=f.AT)
    assert answer(day) == "grade 2 not addressed"
    entry = f.timeline.record(**row, kind=f.Kind.REMARK, name="", words="left")
    leaving.review_owed(day.session, leaving.AGAINST, entry, by=day.nurse, at=f.AT)
    assert answer(day) == "grade 3 unresolved"
    for duty in Duty.objects.filter(kind__startswith="leaving"):
        duties.close_duty(duty, evidence=entry, by=day.prescriber, at=f.later(1))
    assert answer(day) == "reviewed"


def test_h14_a_dose_waits_for_a_grave_event_of_the_last_one_and_the_list_says_which():
    day = f.a_day()
    told(day, 4)
    decision = readiness.decision(day.session, at=f.AT, zone="UTC")
    (row,) = (reason for reason in decision.reasons if reason.criterion == "RD-22")
    assert row.holds_back
    assert [words for _, words in last_session.still_open(day.session)] == ["Seizure, grade 4, not yet resolved"]
