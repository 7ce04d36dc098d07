"""The curve, its sentence and its table; the patient's own page; home by role."""

import re
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ketacare.clinic.dosing.models import Session
from ketacare.clinic.duties.tests.factories import AT, Place, place
from ketacare.clinic.outcomes import actions, queries
from ketacare.clinic.outcomes.models import Score
from ketacare.clinic.outcomes.taken_back import items_of_danger, taken_back
from ketacare.clinic.outcomes.tests.factories import the_asks
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import browser
from ketacare.clinic.safety.models import Concern
from ketacare.clinic.scheduling.models import Visit
from ketacare.medicine.outcomes import reader, rules
from ketacare.web import home
from ketacare.web.pages import curves, me, outcome

pytestmark = pytest.mark.django_db
HALF = {str(item): 1 for item in range(1, 9)} | {"9": 0}
FULL = {str(item): 2 for item in range(1, 9)} | {"9": 0}


@pytest.fixture
def here(monkeypatch) -> Place:
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT + timedelta(days=7, hours=12))
    return place(telephone="555 0100")


def phq(here: Place, patient, answers, days: int):
    at = AT + timedelta(days=days)
    return actions.record_answers(
        patient=patient,
        instrument="phq-9",
        answers=answers,
        source="clinician",
        happened_at=at,
        by=here.staff(Role.RN),
        at=at,
    )


@pytest.mark.parametrize("offered", [None, (AT + timedelta(days=12), AT + timedelta(days=20))])
def test_a_visit_is_drawn_as_it_is_offered_and_not_where_none_is(offered):
    given = (curves.Given(AT, 1, None),)
    course = curves.Course(queries.Answered((), ()), given, ZoneInfo("UTC"), AT + timedelta(days=5))
    spans = {"lost": SimpleNamespace(narrow=(8, 14)), "ahead": SimpleNamespace(day=[60.0])}
    found = SimpleNamespace(window=(6, 16), **spans)
    assert (curves.drawn([], [], course, found, offered).window is None) is (offered is None)
    late = (AT + timedelta(days=90), AT + timedelta(days=40))  # held back beyond its end: it is still on the picture
    drawn = curves.drawn([], [], course, found, late)
    assert drawn.left < drawn.window[0] == drawn.window[1] <= drawn.right


def treated(here: Place):
    patient = here.patient()
    phq(here, patient, FULL, -8)
    dosed(here, patient)
    phq(here, patient, HALF, 7)
    return patient


def dosed(here: Place, patient) -> None:
    visit = the_asks(here, patient)["week"].visit
    Session.objects.create(
        organisation_id=here.clinic.organisation_id,
        clinic=here.clinic,
        created_at=AT,
        visit=visit,
        protocol_id="iv",
        protocol_version="1",
        state="running",
        started_at=AT,
    )


def test_h13_a_rise_is_seen_on_paper_days_later_and_past_a_form_that_was_left_unfinished(here: Place):
    patient = here.patient()
    phq(here, patient, HALF, -8)
    phq(here, patient, {"1": 1}, -1)
    dosed(here, patient)
    Visit.objects.filter(patient=patient).update(dose_began_at=AT)
    phq(here, patient, FULL, 7)
    found = Concern.objects.get(patient=patient, reason_code="phq-9.worse")
    assert found.tier == 2, "also worse than before the first dose: the same day (N7)"


def test_h13_worse_by_a_quarter_of_the_baseline_of_the_course_is_somebodys_the_same_day(here: Place):
    patient = here.patient()
    phq(here, patient, HALF | {"1": 3, "2": 3}, -8)  # 12
    dosed(here, patient)
    Visit.objects.filter(patient=patient).update(dose_began_at=AT)
    phq(here, patient, HALF | {"1": 3, "2": 3, "3": 3}, 5)  # 14, 17 % more
    assert not Concern.objects.filter(patient=patient).exists()
    at = AT + timedelta(days=6)
    phq(here, patient, HALF | {"1": 3, "2": 3, "3": 3, "4": 2}, 6)  # 15, 25 % more
    concern = Concern.objects.get(patient=patient)
    assert (concern.reason_code, concern.tier) == ("phq-9.worse", 2)
    assert concern.decide_by - at <= timedelta(hours=4)


def test_response_is_named_with_its_time_point_and_a_missed_ask_is_missing(here: Place):
    patient = treated(here)
    week = patient.asks.get(key="week")
    actions.miss(week, by=here.staff(Role.RN), at=week.closes_at)
    told, panel = the_page(here, patient)
    assert "PHQ-9 is 8 on 21-Jul-2026, from 16 before the first dose" in told["sentence"]
    assert "before the first dose (scored 8 days before it, more than 7)" in told["sentence"]
    assert "response first seen 21-Jul-2026" in told["sentence"]
    assert [line.value for line in panel.rules] == [8.0, 5.0]
    assert [dot.value for dot in panel.dots] == [16.0, 8.0, None]
    assert [dot.words for dot in panel.dots if dot.value is None] == ["asked, not answered, 21-Jul-2026"]
    assert [row[1] for row in told["rows"]] == ["16", "8", "missing"]
    assert [row[3] for row in told["rows"]] == ["the baseline", "response (50 % fall)", ""]
    assert outcome.doses_of(patient, with_mg=True)[0].mg is None


def test_the_baseline_alone_is_neither_a_response_nor_none(here: Place):
    """Nothing was scored since the dose: unknown is not "no response"."""
    patient = here.patient()
    phq(here, patient, FULL, -8)
    dosed(here, patient)
    page = browser(here.staff(Role.RX)).get(reverse("outcome", args=[patient.pk])).content.decode()
    assert "Since the baseline of 06-Jul-2026" in page
    assert "no score yet" in page
    assert "no response" not in page.partition("Each scale")[2].partition("PHQ-9 sheet")[0]


def test_an_incomplete_form_is_a_gap_and_never_a_low_score(here: Place):
    patient = treated(here)
    phq(here, patient, {"1": 0, "2": 0}, 8)
    told, panel = the_page(here, patient)
    assert (panel.dots[-1].value, panel.dots[-1].words) == (None, "7 unanswered, no total, 22-Jul-2026")
    assert told["rows"][-1][0].startswith("22-Jul-2026")
    assert told["rows"][-1][1:3] == ["missing", ""]
    assert "unanswered: no total" in told["rows"][-1][4]


def test_h13_an_answer_of_danger_that_was_taken_back_in_the_same_form_stands_beside_its_score(here: Place):
    patient = treated(here)
    ask, at = patient.asks.get(key="week"), AT + timedelta(days=7)
    for answers in (FULL | {"9": 3}, {"9": 0}):
        actions.keep_answers(
            patient=patient, instrument="phq-9", answers=answers, source="patient", happened_at=at,
            by=here.the_patient(patient), at=at, ask=ask, further=True,
        )  # fmt: skip
    actions.finish(ask, by=here.the_patient(patient), at=at)
    told, panel = the_page(here, patient)
    assert told["rows"][-1][1] == "16"
    assert "question 9 was answered 3 first" in told["rows"][-1][4]
    assert told["sentence"].endswith("In the form of 21-Jul-2026 question 9 was answered 3 first.")
    assert panel.dots[-1].words.endswith(", question 9 was answered 3 first")


def test_what_was_answered_otherwise_first_and_is_no_sign_of_danger_is_said_nowhere(here: Place):
    """A total apart, an item of PHQ-9 alone calls from 1 on; a mood line does so only where it is high."""
    watched = items_of_danger()
    assert watched["phq-9"]["9"] == 1
    (mood,) = watched["mood-vas"].values()
    assert mood == 90
    patient = treated(here)
    ask, at = patient.asks.get(key="week"), AT + timedelta(days=7)
    for value in (40, 20):
        actions.keep_answers(
            patient=patient, instrument="mood-vas", answers={next(iter(watched["mood-vas"])): value}, source="patient",
            happened_at=at, by=here.the_patient(patient), at=at, ask=ask, further=True,
        )  # fmt: skip
    actions.finish(ask, by=here.the_patient(patient), at=at)
    assert taken_back(patient, Score.objects.filter(patient=patient).select_related("answers")) == {}


def the_page(here: Place, patient):
    """The PHQ-9 as the outcome page says it and as it draws it."""
    given = [curves.Given(dose.at, dose.number, dose.mg) for dose in outcome.doses_of(patient, with_mg=True)]
    course = curves.course_of(patient, given, at=AT + timedelta(days=9), zone=here.clinic.zone)
    one = curves.scale_course(course, "phq-9", reader.forecasting())
    return outcome.facts(course, one), curves.panel(course, one, None)


@pytest.mark.parametrize("name", ["promis-depression-8a", "phq-9", "hamd-17"])
def test_each_score_is_drawn_in_the_band_that_it_has(name: str):
    sheet = reader.instrument(name)
    least, most = (int(end) for end in rules.bounds(sheet))
    for total in range(least, most + 1):
        level = curves.level(sheet, Decimal(total))
        drawn = [words for low, end, words in curves.bands(sheet) if low <= level < end]
        assert drawn == [rules.band(sheet, Decimal(total))], total


@pytest.mark.parametrize("role", [Role.RN, Role.RX, Role.MD, Role.AU])
def test_the_outcome_page_opens_for_those_who_may(here: Place, role):
    patient = treated(here)
    page = browser(here.staff(role)).get(reverse("outcome", args=[patient.pk]))
    assert page.status_code == 200
    assert "remission: under 5" in page.content.decode()
    here.enter()


@pytest.mark.parametrize("role", [Role.FD, Role.AD, Role.TH])
def test_and_not_for_those_who_may_not(here: Place, role):
    patient = treated(here)
    page = browser(here.staff(role)).get(reverse("outcome", args=[patient.pk]))
    assert page.status_code == 403
    assert "QUILL" not in page.content.decode().upper()
    here.enter()


def test_the_patients_page_speaks_plainly_and_shows_who_opened_the_record(here: Place):
    patient = treated(here)
    Session.objects.update(state="closed", left_at=AT + timedelta(hours=2))  # a week ago: no help button any more
    own = here.the_patient(patient)
    browser(here.staff(Role.RX, "Dr Okonkwo")).get(reverse("outcome", args=[patient.pk]))
    here.enter()
    page = browser(own).get(reverse("me")).content.decode()
    assert re.search(r"Your last PHQ-9 score, of \d+ \w+ 2026, is 8 out of 27. Lower is better\.", page)
    assert "fallen by at least half" in page
    assert "How was your week?" in page
    here.enter()
    assert "Dr Okonkwo (prescriber)" in browser(own).get(reverse("me-opened")).content.decode()
    here.enter()


def test_h13_no_number_is_called_good_while_what_a_patient_said_waits_for_a_clinician(here: Place):
    patient = treated(here)
    Session.objects.update(state="closed", left_at=AT + timedelta(hours=2))
    phq(here, patient, HALF | {"9": 3}, 8)
    assert Concern.objects.filter(patient=patient).exclude(state="closed").exists()
    page = browser(here.the_patient(patient)).get(reverse("me")).content.decode()
    assert "Before treatment it was 16" in page
    for cheer in ("fallen by at least half", "come down", "It has fallen", "about where it was"):
        assert cheer not in page
    here.enter()


def test_p1_whoever_referred_reads_neither_concerns_nor_what_was_said_nor_scores_that_nobody_released(here: Place):
    """Of concerns the crisis plan alone, of scores the released ones; also of whom they referred."""
    patient, referrer = treated(here), here.staff(Role.RC)
    phq(here, patient, HALF | {"9": 3}, 8)
    here.assign(patient, referrer).__class__.objects.update(kind="referrer")
    concern, client = Concern.objects.get(patient=patient), browser(referrer)
    shut = {
        reverse("concerns"): 403,
        reverse("concern", args=[concern.pk]): 403,
        **{reverse(name, args=[patient.pk]): 403 for name in ("risk-flag", "outcome", "patient-scales", "review")},
    }
    assert {page: client.get(page).status_code for page in shut} == shut
    chart = client.get(f"/patients/{patient.pk}/")
    assert chart.status_code == 200
    assert not [page for page in shut if f'href="{page}"' in chart.content.decode()]
    assert "PHQ-9" not in chart.content.decode()
    assert 'href="/concerns/"' not in client.get("/").content.decode()
    here.enter()


def test_plain_words_without_a_score_promise_nothing(here: Place):
    patient = here.patient()
    course = queries.answered(patient, "phq-9").trajectory("phq-9", [])
    assert me.plain(queries.instrument("phq-9"), course)[0].startswith("There is no score yet")


@pytest.mark.parametrize("role", list(Role))
def test_home_opens_for_every_role(here: Place, role):
    patient = treated(here)
    actor = here.the_patient(patient) if role == Role.PT else here.staff(role)
    answer = browser(actor).get("/")
    assert answer.status_code == (302 if role == Role.PT else 200)
    page = answer.content.decode()
    assert ("Whom you referred" in page) is (role == Role.RC)
    main = page.partition("<main")[2]
    assert ('href="/programme/"' in main) is (role == Role.RS)
    assert ('href="/posts/"' in main) is (role == Role.AD)
    here.enter()


def test_home_shows_the_duty_with_its_patient_to_who_may(here: Place):
    patient, prescriber = treated(here), here.staff(Role.RX)
    phq(here, patient, {"9": 3}, 8)
    page = browser(prescriber).get("/").content.decode()
    assert "Answer a concern now" in page
    assert "FERNÁNDEZ-QUILL" in page
    here.enter()


def test_home_leads_nobody_to_a_page_they_may_not_see(here: Place):
    treated(here)
    visit = Session.objects.latest("created_at").visit
    assert home.href(here.staff(Role.RN), visit) == f"/sessions/{visit.pk}/"
    assert home.href(here.staff(Role.FD), visit) == f"/patients/{visit.patient_id}/"


def test_numbers_are_exact():
    assert outcome.number(Decimal("10")) == "10"
    assert outcome.number(None) == "missing"


def test_the_outcome_page_reads_the_scores_once_for_all_its_curves(here: Place):
    patient, client = treated(here), browser(here.staff(Role.RX))
    with CaptureQueriesContext(connection) as captured:
        client.get(reverse("outcome", args=[patient.pk]))
    assert sum('FROM "outcomes_score"' in query["sql"] for query in captured.captured_queries) == 1
    here.enter()
