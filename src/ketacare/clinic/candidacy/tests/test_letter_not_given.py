"""A specialist's no that came on paper holds like a no by link, and somebody owes what follows (H14)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from ketacare.clinic.candidacy import actions, queries
from ketacare.clinic.candidacy.models import Choice, ClearanceAnswer, Verdict
from ketacare.clinic.candidacy.tests.factories import a_clearance, everything_known, held_back
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.tests.factories import AT, browser, once, someone
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.candidacy.terms import Signatures

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
LETTER = {"given_by": "Dr Lee, cardiologist", "written_at": AT - timedelta(days=3)}
NO = actions.Opinion(Verdict.REFUSED, words="Unstable: treat that first")
TYPED = {
    "criterion": "CI-07",
    "verdict": "unsure",
    "given_by": "Dr Lee, cardiologist",
    "written_on": f"{AT - timedelta(days=3):%Y-%m-%d}",
    "words": "A stress test first",
}


def holds(patient, at):
    reasons = queries.answer_so_far(patient, at=at, zone="America/New_York").decision.reasons
    return next(reason for reason in reasons if reason.criterion == "CI-07").holds_back


@pytest.fixture
def page(patient, prescriber, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT + 5 * MINUTE)
    everything_known(patient, prescriber)
    held_back(patient, prescriber, AT + MINUTE)
    return browser(prescriber)


def test_h14_a_letter_that_takes_back_a_clearance_holds_and_is_somebodys(patient, prescriber):
    everything_known(patient, prescriber)
    a_clearance(patient, prescriber)
    assert not holds(patient, AT + 2 * MINUTE)
    actions.record_not_given(patient=patient, criterion="CI-07", said=NO, **LETTER, by=prescriber, at=AT + 3 * MINUTE)
    assert holds(patient, AT + 4 * MINUTE)
    duty = owed.open_for(patient, queries.NOT_GIVEN).get()
    assert (duty.owner_role, duty.why) == ("RX", "CI-07: not cleared")


def test_h14_a_no_where_a_clearance_was_to_come_first_leaves_one_duty_of_the_prescriber(page, patient, prescriber):
    actions.decide(patient=patient, choice=Choice.CLEARANCE, reason="Heart letter", by=prescriber, at=AT + 2 * MINUTE)
    answer = page.post(reverse("clearance-not-given", args=[patient.pk]), once(**TYPED))
    assert answer.status_code == 302
    assert owed.open_for(patient, queries.NOT_GIVEN).get().why == "CI-07: cannot say without more"
    assert not owed.open_for(patient, queries.CLEARED_ON), "what follows is owed once"


def test_what_the_letter_says_stands_on_the_page_and_beside_the_row(page, patient):
    assert page.get(reverse("clearance-not-given", args=[patient.pk])).status_code == 200
    page.post(reverse("clearance-not-given", args=[patient.pk]), once(**TYPED))
    listed = page.get(reverse("clearances", args=[patient.pk])).content.decode()
    assert f"Dr Lee, cardiologist, letter of {AT - timedelta(days=3):%d-%b-%Y}" in listed
    assert "A stress test first" in page.get(reverse("evaluation", args=[patient.pk])).content.decode()


def test_a_slip_is_put_right_with_a_reason_and_buys_no_time(page, patient):
    page.post(reverse("clearance-not-given", args=[patient.pk]), once(**TYPED))
    row, due = ClearanceAnswer.objects.get(), owed.open_for(patient, queries.NOT_GIVEN).get().due_at
    here = reverse("clearance-amend", args=[patient.pk, row.pk])
    assert "A stress test first" in page.get(here).content.decode()
    right = TYPED | {"verdict": "refused", "words": "Not before a stress test"}
    assert page.post(here, once(**right)).status_code == 422, "without a reason"
    page.post(here, once(**right, amend_reason="Second page"))
    duty = owed.open_for(patient, queries.NOT_GIVEN).get()
    assert (duty.why, duty.due_at) == ("CI-07: not cleared", due)
    assert [one.verdict for one in queries.answers(patient)] == ["refused"]
    assert ClearanceAnswer.objects.get(pk=row.pk).words == "A stress test first"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"given_by": " "}, "given_by"),
        ({"words": ""}, "words"),
        ({"written_on": ""}, "written_on"),
        ({"written_on": f"{AT + timedelta(days=2):%Y-%m-%d}"}, "written_on"),
        ({"verdict": "cleared"}, "verdict"),
        ({"criterion": "CI-99"}, "criterion"),
    ],
)
def test_a_letter_without_its_parts_is_refused_and_nothing_kept(page, patient, wrong, field):
    answer = page.post(reverse("clearance-not-given", args=[patient.pk]), once(**(TYPED | wrong)))
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.content.decode()
    assert not ClearanceAnswer.objects.exists()


def test_h14_only_who_may_clear_records_it_and_a_no_is_no_word_of_ones_own(clinic, patient, prescriber):
    held_back(patient, prescriber)
    told = {"patient": patient, "criterion": "CI-07", "said": NO, "at": AT + MINUTE}
    with pytest.raises(NotAllowed):
        actions.record_not_given(**told, **LETTER, by=someone(clinic, "RN"))
    with pytest.raises(Refused, match="does not clear"):
        actions.record_clearance(**told, signatures=Signatures.WITH_SPECIALIST, given_by="Dr Lee", by=prescriber)
