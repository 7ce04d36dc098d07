"""H19: a rule or limit changes only by a director's signature, and a course keeps the versions that it began with."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from ketacare.clinic.candidacy import actions as deciding
from ketacare.clinic.candidacy import queries as candidacy
from ketacare.clinic.candidacy.models import Choice
from ketacare.clinic.candidacy.tests.factories import a_request
from ketacare.clinic.dosing.actions import sessions
from ketacare.clinic.dosing.queries import schedule
from ketacare.clinic.dosing.tests.factories import a_day, later, make_ready
from ketacare.clinic.enrolment import queries as enrolled
from ketacare.clinic.enrolment.tests.factories import a_plan, a_referral
from ketacare.clinic.monitoring import queries as monitoring
from ketacare.clinic.people.models import User
from ketacare.clinic.people.tests.factories import AT, a_clinic, a_patient, browser, just_confirmed, someone
from ketacare.clinic.protocols import queries
from ketacare.clinic.protocols.tests.factories import IV, LIMITS, TRIALS, an_adoption, an_own_copy, signed
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.models import VisitKind
from ketacare.clinic.tenancy import paper
from ketacare.medicine.monitoring.terms import Channel

pytestmark = pytest.mark.django_db
SPO2 = "parameters.spo2.low_medium"


@pytest.fixture
def clinic(settings, tmp_path):
    """Its stored cases are left out: what they would change is not asked here."""
    settings.VIGNETTES = tmp_path
    return a_clinic()


def raised(clinic):
    """The director signs a copy whose SpO2 line is one higher, and another that asks for three failed trials."""
    for sheet_id, place, value, unit in ((LIMITS, SPO2, "91", "%"), (TRIALS, "enough.trials", "3", "1")):
        own = an_own_copy(clinic, sheet_id, place, value, unit)
        signed(clinic, sheet_id, own.sheet_version, at=AT + timedelta(minutes=1))


def a_session(clinic, patient, number):
    desk, nurse = someone(clinic, "FD"), someone(clinic, "RN")
    start = AT + timedelta(days=number)
    visit = scheduling.book_visit(
        patient=patient, kind=VisitKind.DOSE, starts_at=start, ends_at=start + timedelta(hours=3), by=desk, at=AT,
        number_in_course=number,
    )  # fmt: skip
    plan = enrolled.plan_for(patient)
    chair = scheduling.add_chair(name=f"Chair {number}", by=desk, at=AT)
    return sessions.check_in(
        visit=visit,
        protocol_id=plan.sheet_id,
        protocol_version=plan.sheet_version,
        chair=chair,
        by=nurse,
        at=start,
    )


def spo2_lines(session):
    limits = monitoring.limits_begun_with(session.visit)
    return {line.threshold for line in limits.lines if line.channel is Channel.SPO2}


def test_h19_a_running_course_keeps_its_limits_and_its_knowledge(clinic):
    patient = a_patient(someone(clinic, "FD"))
    a_plan(patient, clinic)
    first = a_session(clinic, patient, 1)
    type(first).objects.filter(pk=first.pk).update(state="called_off")  # nobody is in two sessions at once
    raised(clinic)
    later_day = a_session(clinic, patient, 2)
    for session in (first, later_day):
        assert 91 not in spo2_lines(session)
        assert schedule.protocol_of(session).limits.header.version == "1.0.0"
    assert candidacy.sheet(patient).trials.needed.value == 2
    assert enrolled.sheets_of(patient)[LIMITS] == "1.0.0"


def test_h19_whoever_begins_afterwards_is_treated_by_the_new_version(clinic):
    an_adoption(clinic)
    raised(clinic)
    patient = a_patient(someone(clinic, "FD"))
    assert candidacy.sheet(patient).trials.needed.value == 3
    a_plan(patient, clinic)
    session = a_session(clinic, patient, 1)
    assert 91 in spo2_lines(session)
    assert session.sheets[LIMITS] == "1.0.0+clinic.1"
    assert schedule.protocol_of(session).limits.header.version == "1.0.0+clinic.1"


def test_h19_withdrawing_leaves_a_running_course_alone(clinic):
    from ketacare.clinic.protocols import actions

    patient = a_patient(someone(clinic, "FD"))
    a_plan(patient, clinic)
    actions.withdraw(sheet_id=IV, words="supply", by=someone(clinic, "MD"), at=AT)
    assert queries.protocols_in_force(clinic.pk) == []
    assert schedule.protocol_of(a_session(clinic, patient, 1)).id == IV


def test_h19_pages_that_judge_by_a_sheet_past_review_say_so(clinic, monkeypatch):
    """One of each room before and after, and those of no patient; test_h19_every_page_past_review walks them all."""
    day = a_day(clinic=clinic)
    make_ready(day)
    nurse, prescriber, planned = day.nurse, day.prescriber, a_patient(someone(clinic, "FD"))
    a_plan(planned, clinic)
    places = [
        (nurse, reverse("session", args=[day.visit.pk])),
        (prescriber, reverse("evaluation", args=[day.patient.pk])),
        (prescriber, reverse("outcome", args=[day.patient.pk])),
        (prescriber, reverse("concerns")),
        (prescriber, reverse("enrolment", args=[day.patient.pk])),
        (prescriber, reverse("plan-summary", args=[planned.pk])),
        (someone(clinic, "FD"), reverse("patient-intake", args=[day.patient.pk])),
        (someone(clinic, "FD"), reverse("book-visit")),
        (someone(clinic, "AD"), reverse("resources")),
        (someone(clinic, "AD"), reverse("devices")),
        (nurse, reverse("wall")),
        (nurse, reverse("session-card", args=[day.visit.pk])),
        (nurse, reverse("session-downtime", args=[day.visit.pk])),
    ]
    for actor, path in places:
        assert "past its review date" not in seen(actor, path, later(1), monkeypatch), path
    for actor, path in places:
        assert "past its review date of" in seen(actor, path, datetime(2028, 3, 1, 15, tzinfo=UTC), monkeypatch), path


def test_h19_a_patients_pages_say_so_in_one_plain_line(clinic, monkeypatch):
    """By link, on their own pages and on paper to take home; never on a page of help."""
    day = a_day(clinic=clinic)
    make_ready(day)
    patient = someone(clinic, "PT")
    day.patient.user = User.objects.get(pk=patient.user_id)
    day.patient.save()
    late = datetime(2028, 3, 1, 15, tzinfo=UTC)
    english = "The rules behind this page were to be read again by 01-Nov-2027. They are still in use."
    places = [
        (patient, reverse("me")),
        (patient, reverse("me-journal")),
        (patient, reverse("me-safety-plan")),
        (patient, reverse("me-learn")),
        (patient, reverse("me-consents")),
        (patient, reverse("safety-plan", args=[day.patient.pk])),
        (day.prescriber, reverse("medicines-sheet", args=[day.patient.pk])),
    ]
    for actor, path in places:
        assert english not in seen(actor, path, later(1), monkeypatch), path
        assert english in seen(actor, path, late, monkeypatch), path
    in_spanish = f"{reverse('medicines-sheet', args=[day.patient.pk])}?language=es"
    assert "debían revisarse antes del 01/11/2027" in seen(day.prescriber, in_spanish, late, monkeypatch)
    assert "read again" not in seen(patient, reverse("me-help"), late, monkeypatch)


def test_h19_what_is_printed_says_so_in_its_foot(clinic, monkeypatch):
    """The note of a session; of letters the same line, from the same sheets as their pages."""
    day = a_day(clinic=clinic)
    make_ready(day)
    foot = []
    monkeypatch.setattr("ketacare.clinic.tenancy.paper.pdf", lambda _, data: foot.append(data["overdue"]) or b"%PDF")
    for at in (later(1), datetime(2028, 3, 1, 15, tzinfo=UTC)):
        monkeypatch.setattr("ketacare.web.clock.now", lambda at=at: at)
        assert browser(day.prescriber).get(reverse("note-pdf", args=[day.visit.pk])).status_code == 200
    assert foot[0] == ""
    assert foot[1].startswith("Written by sheets that are past their review date (01-Nov-2027 or later)")
    assert f"{IV} " in foot[1]


def test_h19_both_letters_of_an_evaluation_say_so_in_their_foot(clinic, monkeypatch):
    """To the specialist who is asked for a clearance, and to whoever referred."""
    prescriber, patient = someone(clinic, "RX"), a_patient(someone(clinic, "FD"))
    a_referral(someone(clinic, "FD"), is_known=patient)
    asked = a_request(patient, prescriber)
    waits = {"choice": Choice.CLEARANCE, "reason": "The heart first"}
    deciding.decide(patient=patient, by=prescriber, at=later(2), **waits)
    feet, drawn = [], paper.pdf
    monkeypatch.setattr(paper, "pdf", lambda path, data: feet.append(data["overdue"]) or drawn(path, data))
    for path in (
        reverse("clearance-letter", args=[patient.pk, asked.pk]),
        reverse("referrer-letter", args=[patient.pk]),
    ):
        for at in (later(3), datetime(2028, 3, 1, 15, tzinfo=UTC)):
            monkeypatch.setattr("ketacare.web.clock.now", lambda at=at: at)
            answer = browser(prescriber).get(path)
            assert answer.content.startswith(b"%PDF"), path
        assert feet[-2] == "", path
        assert feet[-1].startswith("Written by sheets that are past their review date ("), path
        assert "contraindications-1 " in feet[-1], path
        if shutil.which("pdftotext"):
            told = subprocess.run(["pdftotext", "-layout", "-", "-"], input=answer.content, capture_output=True)
            assert "past their review date" in told.stdout.decode(), path


def seen(actor, path, at, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: at)
    answer = just_confirmed(browser(actor)).get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()
