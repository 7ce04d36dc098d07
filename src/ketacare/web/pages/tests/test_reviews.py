"""Reviews of a course: who owns them, what they decide, what they hold back, what follows a stop."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.urls import reverse

from ketacare.clinic.candidacy import queries as candidacy
from ketacare.clinic.candidacy.models import Choice, Evaluation, Judgement
from ketacare.clinic.candidacy.models.decision import EvaluationState
from ketacare.clinic.dosing import tasks
from ketacare.clinic.dosing.actions import reviewing as actions
from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.dosing.queries import earlier
from ketacare.clinic.dosing.queries import reviewing as queries
from ketacare.clinic.dosing.queries.dosed import dosed
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.enrolment.models import Enrolment, EnrolmentState, Review
from ketacare.clinic.enrolment.tests.factories import a_plan
from ketacare.clinic.outcomes import actions as outcomes
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.models import CareRelation, Patient, Role
from ketacare.clinic.people.tests.factories import AT, a_clinic, a_patient, browser, once, someone
from ketacare.clinic.registry import queries as registry
from ketacare.clinic.registry import tasks as learning
from ketacare.clinic.registry.queries import fading
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety.models import Concern
from ketacare.clinic.scheduling.models import Visit, VisitKind, VisitState
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.actions import enter
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.outcomes import reader
from ketacare.medicine.outcomes.terms import Spanned
from ketacare.medicine.quantities.terms import Mass
from ketacare.web.pages import forecasts
from ketacare.web.pages.ceilings import ceilings, sum_rows
from ketacare.web.pages.review import InFront, facts_of
from ketacare.web.pages.standing import standing, standings

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


class Course:
    """Somebody under a signed plan with so many doses, three days apart, the first an hour after enrolment."""

    def __init__(self, doses: int) -> None:
        self.clinic = a_clinic()
        self.rx = someone(self.clinic, Role.RX, "Dr Cho")
        self.patient = a_patient(someone(self.clinic, Role.FD))
        self.place = {"organisation_id": self.clinic.organisation_id, "clinic": self.clinic, "created_at": AT}
        self.score(20, AT - DAY)
        self.plan = a_plan(self.patient, self.clinic, self.rx)
        self.begins = [AT + timedelta(hours=1) + 3 * number * DAY for number in range(doses)]
        for began in self.begins:
            visit = self.visit(began, VisitState.CLOSED)
            Session.objects.create(
                **self.place, visit=visit, protocol_id="p", protocol_version="1", state="running", started_at=began
            )

    def visit(self, starts, state=VisitState.BOOKED) -> Visit:
        return Visit.objects.create(
            **self.place, patient=self.patient, kind=VisitKind.DOSE, state=state, starts_at=starts,
            ends_at=starts + timedelta(hours=2),
        )  # fmt: skip

    def dose(self, began: datetime, per_kg: str) -> None:
        """Ordered by weight, and given as ordered."""
        visit = self.visit(began, VisitState.CLOSED)
        Session.objects.create(
            **self.place, visit=visit, protocol_id="p", protocol_version="1", state="running", started_at=began
        )
        body = {
            "drug": "ketamine (racemic)", "route": "IV", "dose_mg_per_kg": per_kg, "weight_kg": "70",
            "dose_mg": str(70 * Decimal(per_kg)), "working": [], "holds": [],
        }  # fmt: skip
        TimelineEntry.objects.create(
            organisation_id=self.clinic.organisation_id, clinic=self.clinic, happened_at=began, recorded_at=began,
            recorded_by_id=self.rx.user_id, patient=self.patient, visit=visit, kind=Kind.ORDER, name="", body=body,
        )  # fmt: skip
        self.begins.append(began)

    def score(self, total: int, at) -> None:
        full, rest = divmod(total, 3)
        answers: dict[str, int | None] = {
            str(item): 3 if item <= full else rest if item == full + 1 else 0 for item in range(1, 10)
        }
        outcomes.record_answers(
            patient=self.patient, instrument="phq-9", answers=answers, source="clinician", happened_at=at, by=self.rx,
            at=at,
        )  # fmt: skip

    def decide(self, choice: str = "continue", reason: str = "It helps.", *, by=None, at=None) -> Review:
        return actions.decide_review(
            patient=self.patient, choice=choice, reason=reason, facts=[["PHQ-9", "8"]], by=by or self.rx,
            at=at or self.begins[-1] + DAY,
        )  # fmt: skip

    def duties(self) -> list[str]:
        return sorted(Duty.objects.filter(patient=self.patient, state="open").values_list("kind", flat=True))


def test_a_review_gets_an_owner_a_day_after_the_dose_and_loses_it_by_the_decision():
    course = Course(2)
    assert tasks.open_reviews(course.begins[-1] + timedelta(hours=23)) == 0
    assert tasks.open_reviews(course.begins[-1] + DAY) == 1
    assert tasks.open_reviews(course.begins[-1] + 2 * DAY) == 0
    assert course.duties() == ["course.review"]
    row = course.decide()
    assert (row.after_doses, row.recorded_by_id, row.facts) == (2, course.rx.user_id, [["PHQ-9", "8"]])
    assert course.duties() == []
    assert tasks.open_reviews(course.begins[-1] + 3 * DAY) == 0


def test_the_fifth_dose_waits_for_the_review_and_the_third_does_not():
    assert actions.held_back(Course(2).patient) is None
    course = Course(4)
    held = actions.held_back(course.patient)
    assert held is not None
    assert "after dose 4" in held.words()
    course.decide()
    assert actions.held_back(course.patient) is None


def test_nothing_is_decided_without_a_choice_a_reason_a_dose_and_the_right():
    course = Course(2)
    for choice, reason in (("", "It helps."), ("perhaps", "It helps."), ("stop", " ")):
        with pytest.raises(Refused):
            course.decide(choice, reason)
    with pytest.raises(NotAllowed):
        course.decide(by=someone(course.clinic, Role.RN))
    with pytest.raises(Refused, match="No dose"):
        Course(0).decide(at=AT + DAY)
    assert not Review.objects.exists()


def test_a_stop_ends_the_course_cancels_what_is_booked_and_asks_about_safety_first():
    course = Course(2)
    booked = course.visit(course.begins[-1] + 3 * DAY)
    course.decide("stop", "No benefit, and they wish to stop.")
    booked.refresh_from_db()
    assert booked.state == VisitState.CANCELLED
    assert Enrolment.objects.get().state == EnrolmentState.ENDED
    assert course.duties() == ["course.letter", "course.next", "course.safety"]
    later = {"patient": course.patient, "by": course.rx, "at": course.begins[-1] + DAY}
    with pytest.raises(Refused, match="safety"):
        actions.follow_review(step="letter", words="Sent", **later)
    for step in ("safety", "next", "letter"):
        actions.follow_review(step=step, words="Done", **later)
    assert course.duties() == []
    with pytest.raises(Refused, match="already"):
        actions.follow_review(step="safety", words="Again", **later)
    assert queries.standing(course.patient) is None


def test_after_a_stop_the_chart_says_so_and_what_was_accepted_is_spent(monkeypatch):
    """Nobody is told that a plan is to be signed, and none can be; a decision made since counts again."""
    course = Course(2)
    row = a_judgement(course, AT - DAY)
    assert candidacy.acceptance(course.patient) == row
    course.decide("stop", "Thoughts of the bridge came back.")
    assert candidacy.acceptance(course.patient) is None
    now = course.begins[-1] + 2 * DAY
    monkeypatch.setattr("ketacare.web.clock.now", lambda: now)
    chart, listed = f"/patients/{course.patient.pk}/", standings([course.patient])[course.patient.pk]
    for role in (Role.RN, Role.RX, Role.FD):
        page = browser(someone(course.clinic, role)).get(chart).content.decode()
        assert "Course stopped" in page
        assert "signs the plan" not in page
        assert "Found since the acceptance" not in page
        assert ("Thoughts of the bridge" in page) is (role != Role.FD)
    page = browser(course.rx).get(f"{chart}evaluation/").content.decode()
    assert "another needs a decision of its own" in page
    assert "Enrol and sign the plan" not in page
    assert (listed.words(True), listed.words(False)) == ("Course stopped", "Course stopped")
    enter(organisation_id=course.clinic.organisation_id)
    again = a_judgement(course, now)
    assert candidacy.acceptance(course.patient) == again
    assert standing(course.patient).stopped is None


def test_what_was_given_is_counted_also_once_the_course_has_ended():
    """Just when another series is weighed."""
    course = Course(2)
    told = {"at": AT + 10 * DAY, "zone": course.clinic.zone, "sees_dose": False}
    before = ceilings(course.patient, course.begins, **told)
    course.decide("stop", "No benefit.")
    assert ceilings(course.patient, course.begins, **told) == before


def a_judgement(course: Course, at: datetime) -> Judgement:
    fact = {"organisation_id": course.clinic.organisation_id, "clinic": course.clinic, "patient": course.patient}
    began = Evaluation.objects.create(created_at=at, state=EvaluationState.DECIDED, **fact)
    return Judgement.objects.create(
        **fact, happened_at=at, recorded_at=at, recorded_by_id=course.rx.user_id, evaluation=began,
        choice=Choice.ACCEPT, outcome="permit", answer={"reasons": []},
    )  # fmt: skip


def test_before_the_first_dose_a_course_can_be_ended_and_nothing_else_decided(monkeypatch):
    course = Course(0)
    booked = course.visit(AT + 3 * DAY)
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT + DAY)
    page = browser(course.rx).get(f"/patients/{course.patient.pk}/review/").content.decode()
    assert "The course can be ended before its first." in page
    assert ('value="stop"' in page, 'value="continue"' in page) == (True, False)
    course.decide("stop", "Changed their mind.", at=AT + DAY)
    booked.refresh_from_db()
    assert (booked.state, Enrolment.objects.get().state) == (VisitState.CANCELLED, EnrolmentState.ENDED)


def test_the_page_has_the_facts_in_front_and_keeps_what_was_typed(monkeypatch):
    course = Course(4)
    course.score(9, course.begins[-1] + timedelta(hours=73))  # sooner it says nothing of the dose
    monkeypatch.setattr("ketacare.web.clock.now", lambda: course.begins[-1] + 4 * DAY)
    client, path = browser(course.rx), reverse("review", args=[course.patient.pk])
    page = client.get(path).content.decode()
    for words in ("after dose 4 is owed", "cannot be ordered", "PHQ-9 is 9", "12 at most", "Not known: how gains fade"):
        assert words in page, words
    refused = client.post(reverse("review-decide", args=[course.patient.pk]), once(reason="Kept words"))
    assert refused.status_code == 422
    assert "Kept words" in refused.content.decode()


def test_a_page_that_another_decision_has_overtaken_ends_no_course(monkeypatch):
    course = Course(4)
    monkeypatch.setattr("ketacare.web.clock.now", lambda: course.begins[-1] + DAY)
    client, path = browser(course.rx), reverse("review-decide", args=[course.patient.pk])
    first = {"choice": "change", "reason": "A lower dose", "seen": ""}
    assert client.post(path, once(**first)).status_code == 302
    stale = client.post(path, once(choice="switch", reason="ECT", seen=""))
    assert stale.status_code == 409
    for words in ("A lower dose", "ECT"):
        assert words in stale.content.decode()
    enter(organisation_id=course.clinic.organisation_id)
    assert [row.choice for row in Review.objects.all()] == ["change"]
    assert Enrolment.objects.get().state != EnrolmentState.ENDED
    newest = str(Review.objects.get().pk)
    assert client.post(path, once(choice="switch", reason="ECT", seen=newest)).status_code == 302


def test_what_is_being_answered_stands_in_front_and_is_no_score():
    course = Course(4)
    at = course.begins[-1] + timedelta(hours=5)
    visit = Visit.objects.order_by("starts_at").last()
    ask = outcomes.schedule_asks(visit=visit, dose_at=course.begins[-1], by=course.rx, at=course.begins[-1])[0]
    outcomes.keep_answers(
        patient=course.patient, instrument="mood-vas", answers={"1": 92}, source="patient", happened_at=at,
        by=course.rx, at=at, ask=ask,
    )  # fmt: skip
    found = dict(facts_of(InFront(course.rx, course.patient, at)))
    assert "92" in found["Being answered just now, not sent yet"]


def test_h13_a_course_goes_on_over_an_open_concern_only_with_a_reason_that_is_kept(monkeypatch):
    course = Course(4)
    at = course.begins[-1] + DAY
    about = {"patient": course.patient, "by": course.rx, "at": at}
    safety.raise_concern(**about, tier=2, reason_code="madrs.10.before-dose", source=course.patient)
    assert course.decide().facts == [["PHQ-9", "8"]]
    safety.raise_concern(**about, tier=1, reason_code="checkin.words", source=course.patient)
    monkeypatch.setattr("ketacare.web.clock.now", lambda: at)
    client, path = browser(course.rx), reverse("review-decide", args=[course.patient.pk])
    typed = {"choice": "continue", "reason": "goes well"}
    refused = client.post(path, once(**typed))
    assert (refused.status_code, Review.objects.count()) == (422, 1)
    assert "Why it goes on before these are answered" in refused.content.decode()
    with pytest.raises(Refused, match="called at once"):
        course.decide("change", at=at)
    assert client.post(path, once(**typed, despite="Spoken with an hour ago")).status_code == 302
    enter(organisation_id=course.clinic.organisation_id)
    kept = Review.objects.get(reason="goes well")
    assert kept.facts[-1][1].endswith("Because: Spoken with an hour ago")
    course.decide("stop", "No benefit.", at=at)


def test_the_worker_learns_a_pool_and_the_page_reads_it():
    course = Course(2)
    assert learning.learn_fading(AT + 10 * DAY) >= len(registry.forecast_scales())
    row = registry.kept_pool(course.clinic.pk, "phq-9")
    assert row is not None
    assert row.people == 0
    assert registry.pool_of(course.clinic.pk, "phq-9") is None
    found = ceilings(course.patient, course.begins, AT + 10 * DAY, course.clinic.zone, sees_dose=False)
    assert found.rows[0][1:] == ("2", "12 at most", "under")
    assert found.rows[-1][0] == "days between the last two doses"
    assert found.rows[-1][2:] == ("7 at least", "counts after week 8"), "closer doses are the plan in the first weeks"


def late(doses: list[tuple[int, str]]) -> Course:
    """A course whose first two doses are over, with more of so many mg/kg on these days after the first; reviewed
    before the last of them."""
    course = Course(2)
    for day, per_kg in doses:
        if (day, per_kg) == doses[-1]:
            course.decide()
        course.dose(course.begins[0] + day * DAY, per_kg)
    return course


def test_h23_a_round_learns_of_one_clinic_and_scale_and_a_fault_holds_up_no_other(monkeypatch):
    """The next escalation waits for no other scale: all together took minutes."""
    a_patient(someone(a_clinic("South"), Role.FD))
    a_patient(someone(a_clinic("North"), Role.FD))
    learned, rounds, at = list[str](), 4 * len(registry.forecast_scales()), AT + 10 * DAY
    kept = learning.keep_fading

    def keep(one, at) -> None:
        if one[1] == "phq-9":
            raise ValueError
        kept(one, at)
        learned.append(one[1])

    monkeypatch.setattr(learning, "keep_fading", keep)
    for number in range(rounds):
        before = len(learned)
        with suppress(tenancy.SomeFailed):
            learning.learn_next(at + number * timedelta(seconds=10))
        assert len(learned) - before <= 1
    others = [name for name in registry.forecast_scales() if name != "phq-9"]
    assert sorted(learned) == sorted(2 * others)


def test_a_rising_dose_at_a_stable_interval_raises_a_review_of_misuse_and_tolerance(monkeypatch):
    course = late([(62, "0.5"), (76, "0.5"), (90, "0.6")])
    at = course.begins[-1] + DAY
    assert (tasks.open_reviews(at), tasks.open_reviews(at)) == (1, 0)
    duty = Duty.objects.get(patient=course.patient, state="open")
    assert (duty.kind, duty.title, duty.why) == ("course.review", "Review misuse and tolerance", "A rising dose")
    monkeypatch.setattr("ketacare.web.clock.now", lambda: at)
    client, path = browser(course.rx), reverse("review", args=[course.patient.pk])
    page = " ".join(client.get(path).content.decode().split())
    assert "<b>Review misuse and tolerance.</b> A higher dose than the one before" in page
    assert "No guideline that was read gives a ceiling in milligrams" in page
    assert re.search(r"in all, ketamine \(racemic\), intravenous</th><td>mg not entered in 3 sessions", page)
    typed = {"choice": "change", "reason": "Back to the dose that helped, and stretched."}
    assert client.post(reverse("review-decide", args=[course.patient.pk]), once(**typed)).status_code == 302
    enter(organisation_id=course.clinic.organisation_id)
    row = Review.objects.get(choice="change")
    assert any(name == "Misuse and tolerance to be looked at" for name, _ in row.facts)
    assert course.duties() == []
    assert Enrolment.objects.get().state == EnrolmentState.ACTIVE, "a change goes on"
    assert tasks.open_reviews(at + DAY) == 0, "it was reviewed"
    course.dose(at + 13 * DAY, "0.6")
    tasks.open_reviews(at + 14 * DAY)
    titles = Duty.objects.filter(patient=course.patient, state="open").values_list("title", flat=True)
    assert list(titles) == ["Review the course after dose 6"], "nothing rose since"


def test_the_same_dose_at_the_same_interval_raises_nothing_and_who_may_not_see_doses_sees_no_sum():
    course = late([(62, "0.5"), (76, "0.5"), (90, "0.5")])
    at = course.begins[-1] + DAY
    assert tasks.open_reviews(at) == 0
    place = (course.patient, course.begins, at, course.clinic.zone)
    assert not any(" mg" in " ".join(row) for row in ceilings(*place, sees_dose=False).rows)
    assert ceilings(*place, sees_dose=True).rows[-1][1:] == (
        "mg not entered in 3 sessions", "none in mg",
        "mg not entered in 7 days; mg not entered in 30 days; mg not entered in 365 days",
    )  # fmt: skip
    given = [replace(one, given=one.ordered and Mass(Decimal(35))) for one in dosed(course.patient)]
    assert list(sum_rows(given, at))[-1] == (
        "in all, ketamine (racemic), intravenous", "105 mg in 3 sessions", "none in mg",
        "35 mg in 7 days; 105 mg in 30 days; 105 mg in 365 days",
    )  # fmt: skip


def test_who_may_not_see_doses_reads_none_in_a_kept_review(monkeypatch):
    course = Course(4)
    therapist = someone(course.clinic, Role.TH, "Teo Lindqvist")
    enter(organisation_id=course.clinic.organisation_id)
    CareRelation.objects.create(
        organisation_id=course.clinic.organisation_id, clinic=course.clinic, created_at=AT, patient=course.patient,
        user_id=therapist.user_id, kind="therapist",
    )  # fmt: skip
    facts = [
        ["PHQ-9", "8"], ["Doses", "4, 280 mg entered in all"], ["Given in all", "281 mg entered"],
        ["Misuse and tolerance to be looked at", "A higher dose than before."],
    ]  # fmt: skip
    at = course.begins[-1] + DAY
    actions.decide_review(
        patient=course.patient, choice="continue", reason="It helps.", facts=facts, by=course.rx, at=at
    )
    monkeypatch.setattr("ketacare.web.clock.now", lambda: at)
    path = reverse("review", args=[course.patient.pk])
    own, theirs = (browser(one).get(path).content.decode() for one in (course.rx, therapist))
    assert "What was in front" in theirs
    for words in ("280 mg", "281 mg", "A higher dose than before."):
        assert words in own
        assert words not in theirs


def test_a_switch_ends_the_course_as_a_stop_does_and_safety_is_asked_first(monkeypatch):
    course = Course(2)
    booked = course.visit(course.begins[-1] + 3 * DAY)
    monkeypatch.setattr("ketacare.web.clock.now", lambda: course.begins[-1] + DAY)
    client = browser(course.rx)
    typed = {"choice": "switch", "reason": "To ECT: no gain after two."}
    assert client.post(reverse("review-decide", args=[course.patient.pk]), once(**typed)).status_code == 302
    enter(organisation_id=course.clinic.organisation_id)
    booked.refresh_from_db()
    assert (booked.state, Enrolment.objects.get().state) == (VisitState.CANCELLED, EnrolmentState.ENDED)
    assert course.duties() == ["course.letter", "course.next", "course.safety"]
    page = client.get(reverse("review", args=[course.patient.pk])).content.decode()
    assert "To ECT: no gain after two." in page
    assert "Plan what comes next" in page


def offered(course: Course, days: tuple[float, float], after: float, below: Spanned | None = None) -> str:
    """What the page offers so many days after the last dose, of a forecast that opens and closes so many days after."""
    shown = SimpleNamespace(at=course.begins[-1] + after * DAY, doses=course.begins, date=lambda at: f"{at:%d-%b}")
    return forecasts.window(course.patient, SimpleNamespace(window=days, below=below), course.begins[-1], shown)


def test_another_visit_is_offered_where_neither_the_protocol_nor_a_ceiling_holds_it_back():
    course = Course(2)  # on 14 and 17 July; the first weeks know no ceiling of distance
    assert offered(course, (10, 20), 5) == "Between 27-Jul and 06-Aug."
    assert offered(course, (10, 20), 12) == "The window is open until 06-Aug."
    assert offered(course, (10, 20), 21) == "No longer: the window closed on 06-Aug, and a look has been due since."
    over = Spanned(8, (6, 11), (4, 15))  # it is no response any more before a quarter of the gain is gone
    assert offered(course, (10, 20), 5, over) == "Between 23-Jul and 25-Jul."
    assert (
        offered(course, (10, 20), 12, over) == "No longer: the window closed on 25-Jul, and a look has been due since."
    )
    assert offered(course, (10, 20), 5, Spanned(30, (25, 40), (20, 60))) == "Between 27-Jul and 06-Aug."
    at = course.begins[-1] + 5 * DAY
    about = {"patient": course.patient, "by": course.rx, "at": at}
    concern = safety.raise_concern(**about, tier=3, reason_code="madrs.10.before-dose", source=course.patient)
    assert offered(course, (10, 20), 5) == "None while a concern is not decided."
    safety.decide(concern, finding="Passive thoughts", action="Plan made", flag=True, by=course.rx, at=at)
    assert offered(course, (10, 20), 5) == "None while the flag of high risk stands."


def test_another_visit_is_not_offered_before_the_ceiling_allows_one():
    course = Course(22)  # the last is nine weeks after the first: from then on seven days at least
    day = course.begins[-1] + 7 * DAY
    held = f"From {day:%d-%b}: sooner would be closer than the protocol or a ceiling allows."
    assert offered(course, (1, 5), 2) == offered(course, (1, 5), 6) == held
    assert offered(course, (1, 9), 2) == f"Between {day:%d-%b} and {day + 2 * DAY:%d-%b}."


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ({"paused_at": AT + 5 * DAY}, "None while the course is paused."),
        ({"state": EnrolmentState.ENDED, "ended_at": AT + 5 * DAY}, "None: the course has ended."),
    ],
)
def test_no_visit_is_offered_where_the_course_does_not_go_on_and_it_says_why(what, why):
    course = Course(2)
    Enrolment.objects.filter(patient=course.patient).update(**what)
    assert offered(course, (10, 20), 12) == why


def test_no_visit_is_offered_after_a_stop_or_a_death(monkeypatch):
    course = Course(2)
    ended = {"state": EnrolmentState.ENDED, "ended_at": AT + 5 * DAY}
    Enrolment.objects.filter(patient=course.patient).update(**ended)
    monkeypatch.setattr(
        forecasts.stopping, "last_ended", lambda _: SimpleNamespace(happened_at=course.begins[-1] + DAY)
    )
    assert offered(course, (10, 20), 12) == "None: the course was stopped."
    monkeypatch.setattr(forecasts.effects, "has_died", lambda _: True)
    assert offered(course, (10, 20), 12) == "None: the patient has died."


def another(course: Course, at: datetime) -> None:
    """The course has ended; at that time another begins, with two doses from a lower baseline, and changes nothing."""
    first, plan = course.plan.enrolment, course.plan
    Enrolment.objects.filter(pk=first.pk).update(state=EnrolmentState.ENDED, ended_at=course.begins[-1] + 9 * DAY)
    course.score(12, at - DAY)
    for row in (first, plan):
        row.pk, row._state.adding = uuid4(), True
    first.created_at, plan.enrolment = at, first
    first.save()
    plan.save()
    for days in (1, 4):
        visit = course.visit(at + days * DAY, VisitState.CLOSED)
        Session.objects.create(
            **course.place, visit=visit, protocol_id="p", protocol_version="1", state="closed",
            started_at=at + days * DAY, left_at=at + days * DAY + timedelta(hours=2),
        )  # fmt: skip
    course.score(12, at + 15 * DAY)


def test_a_second_course_is_judged_by_its_own_baseline_and_counts_every_dose_of_the_year(monkeypatch):
    course, at = Course(6), AT + 200 * DAY
    course.score(8, course.begins[-1] + 2 * DAY)
    scored_at = course.begins[-1] + 2 * DAY
    assert earlier.improvement(course.patient, scored_at + DAY) == 60
    assert earlier.improvement(course.patient, scored_at + 22 * DAY) == 60
    assert earlier.improvement(course.patient, scored_at + 23 * DAY) is None, "months later it says nothing of now"
    another(course, at)
    assert earlier.improvement(course.patient, at + 16 * DAY) == 0
    monkeypatch.setattr("ketacare.web.clock.now", lambda: at + 16 * DAY)
    page = browser(course.rx).get(reverse("review", args=[course.patient.pk])).content.decode()
    assert "PHQ-9 is 12" in page
    assert "from 12 before the first dose" in page
    assert "response first seen" not in page
    assert re.search(r"sessions in 365 days.{0,60}>8<", page, re.DOTALL), "a ceiling knows no courses"
    own = someone(course.clinic, Role.PT)
    Patient.objects.filter(pk=course.patient.pk).update(user_id=own.user_id)
    assert "fallen by at least half" not in browser(own).get(reverse("me")).content.decode()
    tenancy.enter(organisation_id=course.clinic.organisation_id)
    courses = fading._courses(course.clinic.pk, at + 16 * DAY, 9)
    assert [len(one.doses) for one in courses] == [2, 6]
    _, people = fading._gains(courses, reader.instrument("phq-9"), course.clinic.pk)
    assert people == 2, "each from its own baseline"


def test_a_form_of_weeks_given_again_within_days_of_a_dose_teaches_nothing_of_fading():
    course = Course(2)
    tenancy.enter(organisation_id=course.clinic.organisation_id)

    def learned() -> list[list[float]]:
        courses = fading._courses(course.clinic.pk, AT + 30 * DAY, 9)
        gains, _ = fading._gains(courses, reader.instrument("phq-9"), course.clinic.pk)
        return [gains.day.tolist(), gains.gain.tolist()]

    course.score(10, course.begins[-1] + 20 * DAY)
    before = learned()
    course.score(2, course.begins[-1] + DAY)
    assert learned() == before == [[20.0], [10.0]]
    course.score(5, course.begins[-1] + 4 * DAY)
    assert learned() == [[4.0, 20.0], [15.0, 10.0]]


def test_a_review_counts_as_a_concern_what_is_about_suicide_or_needed_somebody_at_once():
    course = Course(2)
    found, at = queries.standing(course.patient), course.begins[-1] + timedelta(hours=5)
    assert found is not None

    def says(tier: int, code: str) -> bool:
        safety.raise_concern(
            patient=course.patient, tier=tier, reason_code=code, source=found.enrolment, by=course.rx, at=at
        )
        there = queries.has_concern(course.patient, found)
        Concern.objects.filter(reason_code=code).update(raised_at=course.begins[0])  # before the last dose
        return there

    for tier, code in ((3, "s5.1"), (3, "missed"), (2, "urinary.1"), (3, "mood-vas.high"), (2, "call.worried")):
        assert not says(tier, code), code
    for tier, code in ((3, "s1.1"), (2, "phq-9.9.same-day"), (3, "madrs.10.before-dose"), (1, "chest_pain.1")):
        assert says(tier, code), code
