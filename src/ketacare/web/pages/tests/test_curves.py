"""What was done stands on the curve beside the scores; and what a clinic has learned is drawn and said on its page."""

from __future__ import annotations

import re
from datetime import timedelta
from math import log2

import numpy as np
import pytest
from django.urls import reverse

from ketacare.clinic.candidacy import actions as candidacy
from ketacare.clinic.candidacy.models import ListState
from ketacare.clinic.outcomes import actions as outcomes
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import AT, browser, someone
from ketacare.clinic.registry import queries as registry
from ketacare.clinic.registry.models import FadingPool
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.therapy.actions import notes
from ketacare.medicine.outcomes import reader
from ketacare.medicine.outcomes.rules import forecast
from ketacare.medicine.outcomes.terms import Pool
from ketacare.web.pages.tests.test_reviews import Course

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def the_page(course: Course, at, monkeypatch, actor=None) -> str:
    monkeypatch.setattr("ketacare.web.clock.now", lambda: at)
    page = browser(actor or course.rx).get(reverse("outcome", args=[course.patient.pk]))
    assert page.status_code == 200
    return " ".join(page.content.decode().split())


def table_of(page: str) -> list[tuple[str, str]]:
    """What was done, as the table says it."""
    rows = page.partition("<h3>What was done</h3>")[2].partition("</table>")[0]
    return re.findall(r'<th scope="row">(.*?)</th><td>(.*?)</td>', rows)


def medicines(course: Course, at, *names: str, state: ListState = ListState.LISTED) -> None:
    entries = [{"name": name, "dose": dose} for name, _, dose in (one.partition(" ") for one in names)]
    candidacy.record_medicines(patient=course.patient, state=state, entries=entries, by=course.rx, at=at)


def test_side_effects_therapy_and_changes_of_medicine_stand_on_the_curve_in_time(monkeypatch):
    course = Course(2)  # on 14 and 17 July
    medicines(course, AT, "sertraline 100 mg", "lorazepam 1 mg")
    course.score(9, course.begins[0] + 2 * DAY)
    after = {"patient": course.patient, "source": "clinician", "by": course.rx}
    for hours, answers in ((20, {"headache": 1, "nausea": 1, "vomiting": 0}), (44, {"headache": 0, "nausea": 0})):
        at = course.begins[0] + hours * HOUR
        outcomes.record_answers(instrument="side-effects", answers=answers, happened_at=at, at=at, **after)
    visit, held = Visit.objects.get(starts_at=course.begins[1]), course.begins[1] + DAY
    therapist = someone(course.clinic, Role.TH)
    monkeypatch.setattr(notes.access, "require", lambda *_, **__: None)  # whose patient it is, is another room's test
    notes.write_note(
        visit=visit, happened_at=held, minutes=50, summary="Walked through it.", next_step="", by=therapist,
        at=held + HOUR,
    )  # fmt: skip
    monkeypatch.undo()
    medicines(course, held + DAY, "sertraline 150 mg")
    page = the_page(course, held + 3 * DAY, monkeypatch)
    assert table_of(page) == [
        ("Doses", "Dose 1, 14-Jul-2026"),
        ("Side effects", "Nausea, Headache, 15-Jul-2026"),
        ("Doses", "Dose 2, 17-Jul-2026"),
        ("Integration", "Integration, 50 min, 18-Jul-2026"),
        ("Medicines", "now sertraline 150 mg; no longer lorazepam 1 mg, sertraline 100 mg, 19-Jul-2026"),
    ]
    for kind, words in (
        ('path class="course__tick"', "Nausea, Headache, 15-Jul-2026"),
        ('rect class="course__stay"', "Integration, 50 min, 18-Jul-2026"),
        ('path class="course__change"', "now sertraline 150 mg; no longer"),
    ):
        assert re.search(rf"<{kind} [^>]*><title>{words}", page), kind
    assert page.count("course__tick") == 1, "a check-in that names nothing is no mark"


def test_a_list_that_nobody_asked_for_is_no_change_of_medicine(monkeypatch):
    course = Course(2)
    course.score(9, course.begins[0] + 2 * DAY)
    medicines(course, AT, "sertraline 100 mg")
    medicines(course, AT + 5 * DAY, state=ListState.NOT_ASKED)
    medicines(course, AT + 6 * DAY, "sertraline 100 mg")
    page = the_page(course, AT + 9 * DAY, monkeypatch)
    assert [name for name, _ in table_of(page) if name != "Doses"] == []


def the_pool(course: Course, days: float) -> float:
    """A clinic in which every gain has the half-life of the grid that is nearest to this one, which is told."""
    name, sheet = "phq-9", reader.forecasting()
    grid = forecast.half_lives(sheet)
    weight = np.zeros(len(grid))
    weight[np.abs(grid - days).argmin()] = 1
    pool = Pool(name, reader.instrument(name).version, 200, 4000, weight, 1.3, 0.0, 1.0, 12.0, 4.0)
    FadingPool.objects.create(
        organisation_id=course.clinic.organisation_id, clinic=course.clinic, created_at=AT, instrument=name,
        learned_at=AT, people=pool.people, body=pool.written(), **registry.versions_for(name),
    )  # fmt: skip
    return float(grid[np.abs(grid - days).argmin()])


def test_with_a_pool_the_page_draws_the_expected_course_and_says_when_it_fades_and_when_to_come(monkeypatch):
    course = Course(2)
    half_life = the_pool(course, 40)
    last = course.begins[-1]
    course.score(6, last + 4 * DAY)  # 14 of 20 points gained
    course.score(7, last + 6 * DAY)
    page = the_page(course, last + 7 * DAY, monkeypatch)
    gone = last + half_life * log2(4 / 3) * DAY  # when a quarter of a gain is gone
    assert re.search(rf"25 % of the gain is gone</th><td>{gone:%d-%b-%Y}</td>", page)
    assert "It is no response any more</th>" in page
    assert "(2 scores after a dose), the rest the clinic’s (200 people)" in page
    told = re.search(r"Another visit is offered:</b> Between (\S+) and (\S+)\.", page)
    assert told is not None
    assert "Never a reason to dose by itself." in page
    picture = page.partition('<svg class="course__picture"')[2].partition("</svg>")[0]
    for drawn in ('class="course__ahead" d="M', 'class="course__middle" d="M', '<rect class="course__window" x='):
        assert picture.count(drawn) == 1, drawn
    assert "expected without another dose, 80 % of forms" in page
    assert "learned 14-Jul-2026" in page


def test_the_pool_of_another_clinic_or_of_an_older_sheet_foretells_nothing(monkeypatch):
    course = Course(2)
    the_pool(course, 40)
    FadingPool.objects.update(instrument_version="0.0.1")
    course.score(6, course.begins[-1] + 4 * DAY)
    page = the_page(course, course.begins[-1] + 7 * DAY, monkeypatch)
    assert "Not known: how gains fade" in page
    assert "course__ahead" not in page
