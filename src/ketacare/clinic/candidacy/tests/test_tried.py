"""What was tried: who may write and rule, what is refused, what the page shows, and that it stays cheap."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ketacare.clinic.audit.models import Line
from ketacare.clinic.candidacy import actions, queries
from ketacare.clinic.candidacy.models import NothingTried, Stands, TrialEntry, TrialRuling
from ketacare.clinic.candidacy.tests.factories import a_course, a_trial
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.models import CareRelation
from ketacare.clinic.people.tests.factories import AT, browser, once, someone
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.candidacy.terms import Standing

pytestmark = pytest.mark.django_db
ZONE = "America/New_York"


def so_far(patient, at=AT):
    return queries.answer_so_far(patient, at=at, zone=ZONE)


def shown(patient, at=AT):
    return queries.history_of(so_far(patient, at))


def page_of(client, patient):
    return client.get(reverse("evaluation", args=[patient.pk])).content.decode()


# -- records --------------------------------------------------------------------------------------------------------


def test_every_column_reaches_the_judgement(patient, prescriber):
    a_trial(
        patient,
        prescriber,
        medicine="lithium",
        dose_mg=Decimal(900),
        steps=[{"dose_mg": "600", "days": 20}, {"taken": False, "days": 3}, {"dose_mg": "900", "days": 30}],
        adherence_evidence="level",
        better_percent=Decimal("25.5"),
        level=Decimal("0.75"),
        level_unit="mmol/L",
        gap_days=2,
        started_with=["sertraline"],
        days_alone=10,
        began_on=date(2026, 1, 1),
        reduced_for="kidney",
        reduced_ceiling_mg=Decimal(300),
        stopped_because="side_effects",
    )
    (trial,) = so_far(patient).case.trials
    assert [(step.dose_mg, step.days, step.taken) for step in trial.steps] == [
        (600, 20, True),
        (None, 3, False),
        (900, 30, True),
    ]
    assert (trial.level_mmol_per_l, trial.level_ng_per_ml) == (Decimal("0.75"), None)
    assert (trial.improvement_percent, trial.adherence_witnessed, trial.stopped_for_side_effects) == (
        Decimal("25.5"),
        True,
        True,
    )
    assert (trial.gap_days, trial.started_with, trial.days_alone) == (2, ("sertraline",), 10)
    assert (trial.reduced_for, trial.reduced_ceiling_mg) == ("kidney", 300)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"began_on": date(2026, 7, 15)}, "still to come"),
        ({"ended_on": date(2027, 1, 1)}, "still to come"),
        ({"began_on": date(2026, 3, 1), "ended_on": date(2026, 2, 1)}, "Ended before it began"),
        ({"ended_on": date(2026, 2, 1), "stopped_because": "ongoing"}, "still taken"),
    ],
)
def test_dates_that_cannot_be_are_refused_and_nothing_is_kept(patient, prescriber, told, words):
    with pytest.raises(Refused, match=words):
        a_trial(patient, prescriber, **told)
    assert not TrialEntry.objects.exists()


def test_what_still_goes_on_lasts_until_today(patient, prescriber):
    a_trial(patient, prescriber, days=None, began_on=date(2026, 6, 1), stopped_because="ongoing")
    assert so_far(patient).trials.certain == 1
    assert so_far(patient, datetime(2026, 7, 1, 12, tzinfo=UTC)).trials.short == 1


def test_nothing_tried_is_an_answer_and_no_answer_is_none(patient, prescriber):
    assert so_far(patient).case.trials is None
    assert so_far(patient).case.courses is None
    for what in NothingTried.What:
        actions.record_nothing_tried(patient=patient, what=what, by=prescriber, at=AT)
    assert (so_far(patient).case.trials, so_far(patient).case.courses) == ((), ())
    a_trial(patient, prescriber)
    with pytest.raises(Refused, match="there were none"):
        actions.record_nothing_tried(patient=patient, what=NothingTried.What.TRIALS, by=prescriber, at=AT)


def test_a_trial_in_error_leaves_the_list_and_stays_readable(patient, prescriber):
    row = a_trial(patient, prescriber)
    a_trial(patient, prescriber, amends=row, amend_reason="another patient's", in_error=True)
    assert so_far(patient).case.trials is None
    assert TrialEntry.objects.count() == 2


def test_courses_reach_the_judgement(patient, prescriber):
    a_course(patient, prescriber)
    later = AT + timedelta(minutes=1)  # of two told at one moment nobody can say which came first
    a_course(patient, prescriber, kind="ketamine", response="helped", source="clinician", at=later)
    ect, ketamine = so_far(patient).case.courses
    assert (ect.kind, ect.sessions, ect.side, ect.responded) == ("ECT", 8, "bilateral", False)
    assert (ketamine.kind, ketamine.responded, ketamine.source) == ("ketamine", True, "clinician")


def test_charlie_writes_no_trial_no_course_and_no_ruling(clinic, patient, prescriber):
    row = a_trial(patient, prescriber)
    for role in ("FD", "TH"):
        other = someone(clinic, role)
        with pytest.raises(NotAllowed):
            a_trial(patient, other)
        with pytest.raises(NotAllowed):
            a_course(patient, other)
        with pytest.raises(NotAllowed):
            actions.record_nothing_tried(patient=patient, what="trials", by=other, at=AT)
    with pytest.raises(NotAllowed):
        ruled(patient, row, someone(clinic, "RN"))


# -- rulings --------------------------------------------------------------------------------------------------------


def ruled(patient, trial, by, stands=Stands.COUNTS, reason="the pharmacy has 100 mg", at=AT):
    return actions.rule_trial(patient=patient, trial=trial, stands=stands, reason=reason, by=by, at=at)


def test_a_ruling_stands_above_what_was_computed_is_audited_and_can_be_taken_back(patient, prescriber):
    row = a_trial(patient, prescriber, dose_mg=Decimal(25))
    assert so_far(patient).trials.certain == 0
    first = ruled(patient, row, prescriber)
    (judgement,) = so_far(patient).trials.judgements
    assert (judgement.standing, judgement.computed) == (Standing.CERTAIN, Standing.NO)
    line = Line.objects.get(verb="trial.rule")
    assert line.reason == "counts"
    second = ruled(patient, row, prescriber, Stands.COMPUTED, "misread")
    assert second.amends == first
    assert so_far(patient).trials.certain == 0
    assert TrialRuling.objects.count() == 2


@pytest.mark.parametrize(
    ("stands", "reason", "words"), [("counts", " ", "reason is empty"), ("computed", "x", "no ruling to take back")]
)
def test_a_ruling_without_reason_or_object_is_refused(patient, prescriber, stands, reason, words):
    row = a_trial(patient, prescriber)
    with pytest.raises(Refused, match=words):
        ruled(patient, row, prescriber, Stands(stands), reason)


def test_augmentation_cannot_be_ruled_a_trial(patient, prescriber):
    row = a_trial(patient, prescriber, medicine="Abilify", dose_mg=Decimal(5))
    with pytest.raises(Refused, match="never an antidepressant"):
        ruled(patient, row, prescriber)
    assert ruled(patient, row, prescriber, Stands.NOT)


def test_a_ruling_ends_when_its_trial_is_amended(patient, prescriber):
    row = a_trial(patient, prescriber, dose_mg=Decimal(25))
    ruled(patient, row, prescriber)
    a_trial(patient, prescriber, amends=row, amend_reason="it was 50", dose_mg=Decimal(50))
    (trial,) = shown(patient).rows
    assert (trial.ruling, trial.fallen.reason) == (None, "the pharmacy has 100 mg")
    with pytest.raises(Refused, match="amended since"):
        ruled(patient, row, prescriber)


# -- the page -------------------------------------------------------------------------------------------------------


def test_the_row_says_what_it_is_held_against(patient, prescriber):
    steps = [{"dose_mg": "50", "days": 56}, {"taken": False, "days": 3}, {"dose_mg": "150", "days": 42}]
    a_trial(patient, prescriber, dose_mg=Decimal(150), days=42, steps=steps, adherence_evidence="refills")
    (row,) = shown(patient).rows
    assert (row.dose, row.least, row.is_enough, row.days) == ("150 mg", "50 mg", True, "98")
    assert row.steps == "50 mg 8 weeks, then without it 3 days, then 150 mg 6 weeks"
    assert (row.chip[0], row.drug_class, row.adherence) == ("Counts", "SSRI", "At least 80 % of days, by refills")
    assert {"Minimum dose", "Usual dose", "Largest dose", "Long enough"} <= {figure.label for figure in row.evidence}
    assert all(figure.sources for figure in row.evidence)


def test_what_is_missing_is_asked_and_one_field_answers_it(clinic, patient, prescriber):
    row = a_trial(patient, prescriber, dose_mg=None)
    client = browser(prescriber)
    page = page_of(client, patient)
    assert 'id="ask-sertraline-dose"' in page
    assert "told: 8 weeks, dose not known" in page, "what was told stands there"
    answer = reverse("trial-amend", args=[patient.pk, row.pk]) + "?only=dose"
    assert f"{answer}" in page
    form = client.get(answer).content.decode()
    assert 'name="dose_mg"' in form
    assert 'name="effect"' not in form
    client.post(answer, once(dose_mg="100", weeks="8", effect="response"))
    newest = TrialEntry.objects.get(amends=row)
    assert (newest.dose_mg, newest.effect, newest.amend_reason) == (100, "none", "Answered: dose")
    assert "<del>sertraline dose not known, 8 weeks</del>" in page_of(client, patient)


def test_ruling_from_the_page_and_refused_beside_its_field(patient, prescriber):
    row = a_trial(patient, prescriber, dose_mg=Decimal(25))
    client = browser(prescriber)
    address = reverse("trial-rule", args=[patient.pk, row.pk])
    assert client.post(address, once(stands="counts", reason="")).status_code == 422
    assert client.post(address, once(reason="why")).status_code == 422
    client.post(address, once(stands="counts", reason="pharmacy record found"))
    page = page_of(client, patient)
    assert "ruled; computed: does not count" in page
    assert "pharmacy record found" in page


def test_courses_and_nothing_from_the_page(patient, prescriber):
    client = browser(prescriber)
    client.post(reverse("evaluation-trials", args=[patient.pk]), once(none="on"))
    client.post(reverse("evaluation-courses", args=[patient.pk]), once(none="on"))
    page = page_of(client, patient)
    assert "No antidepressant ever, as asked" in page
    assert "None, as asked" in page
    wrong = once(is_course="yes", kind="rTMS", side="bilateral")
    assert client.post(reverse("evaluation-courses", args=[patient.pk]), wrong).status_code == 422
    told = once(is_course="yes", kind="ECT", sessions="8", response="not", course_episode="yes")
    client.post(reverse("evaluation-courses", args=[patient.pk]), told)
    page = page_of(client, patient)
    assert 'id="ask-ect-side"' in page
    row = shown(patient).courses[0].entry
    amend = reverse("course-amend", args=[patient.pk, row.pk])
    assert 'value="8"' in client.get(amend).content.decode()
    fuller = once(kind="ECT", sessions="8", side="bilateral", response="not", course_episode="yes")
    assert client.post(amend, fuller).status_code == 422, "an amendment says why"
    client.post(amend, fuller | {"amend_reason": "the letter says so"})
    assert "Adequate, failed" in page_of(client, patient)


def test_staging_and_definitions_stand_beside_the_count(patient, prescriber):
    a_trial(patient, prescriber)
    a_trial(patient, prescriber, medicine="fluoxetine", dose_mg=Decimal(20))
    a_course(patient, prescriber)
    page = page_of(browser(prescriber), patient)
    assert "certain 2, possible 2" in page
    assert "stage I" in page
    assert "Not known: " in page, "the Maudsley total waits for the months of the episode"
    assert "PAY-01" in page
    assert 'href="#f-episode_months"' in page


def test_25_trials_cost_no_more_queries_than_two(patient, prescriber):
    def queries_for(at):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            queries.history_of(queries.answer_so_far(patient, at=at, zone=ZONE))
        return len(seen)

    for name in ("sertraline", "venlafaxine"):
        ruled(patient, a_trial(patient, prescriber, medicine=name), prescriber)
    few = queries_for(AT + timedelta(minutes=1))
    names = sorted({medicine.name for medicine in queries.sheet().trials.medicines.values()})[:23]
    for number, name in enumerate(names):
        row = a_trial(patient, prescriber, medicine=name, began_on=date(2024, 1, 1) + timedelta(days=20 * number))
        ruled(patient, row, prescriber)
    a_course(patient, prescriber)
    client = browser(prescriber)
    assert queries_for(AT + timedelta(minutes=1)) == few
    page = page_of(client, patient)
    assert page.count('class="tried__trial"') == 25


def test_figures_and_override_of_a_trial_on_a_page_of_their_own(patient, prescriber):
    row = a_trial(patient, prescriber, dose_mg=Decimal(100))
    where = reverse("trial", args=[patient.pk, row.pk])
    client = browser(prescriber)
    assert f'href="{where}#figures"' in page_of(client, patient)
    assert f'href="{where}#override"' in page_of(client, patient)
    page = client.get(where).content.decode()
    assert "Minimum dose <b>50 mg" in page
    assert 'name="reason"' in page
    assert "hx-target" not in page.partition('data-part="override"')[2].partition("</form>")[0]
    within = client.get(where, headers={"HX-Request": "true"}).content.decode()
    assert 'hx-target="#trials"' in within
    assert client.get(reverse("trial", args=[patient.pk, uuid4()])).status_code == 404


def test_the_override_is_the_prescribers_and_the_page_is_for_those_who_work_on_it(clinic, patient, prescriber):
    row = a_trial(patient, prescriber, dose_mg=Decimal(100))
    where = reverse("trial", args=[patient.pk, row.pk])
    nurse = browser(someone(clinic, "RN")).get(where).content.decode()
    assert "Minimum dose" in nurse
    assert 'name="reason"' not in nurse
    assert 'name="reason"' not in page_of(browser(someone(clinic, "RN")), patient)
    therapist = someone(clinic, "TH")
    CareRelation.objects.create(
        organisation_id=clinic.organisation_id, clinic=clinic, created_at=AT, patient=patient, user_id=therapist.user_id
    )
    assert browser(therapist).get(reverse("evaluation", args=[patient.pk])).status_code == 200
    assert browser(therapist).get(where).status_code == 403
