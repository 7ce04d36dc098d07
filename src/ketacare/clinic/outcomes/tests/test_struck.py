"""A scale entered wrongly is struck out with a reason (I1)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from ketacare.clinic.duties.tests.factories import AT, Place, place
from ketacare.clinic.outcomes import actions, queries
from ketacare.clinic.outcomes.entered import struck as struck_out
from ketacare.clinic.outcomes.models import Answers, IndexEvent, Rating, Score
from ketacare.clinic.outcomes.tests.factories import the_asks
from ketacare.clinic.outcomes.tests.test_scales import rated
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import browser, once
from ketacare.clinic.safety.models import Concern
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def here() -> Place:
    return place()


def test_i1_what_was_typed_wrong_counts_nowhere_and_stays_readable(here: Place) -> None:
    score, nurse = rated(here, answers={str(item): 4 for item in range(1, 11)}), here.staff(Role.RN)
    patient = score.patient
    raised = Concern.objects.filter(patient=patient).count()
    assert raised
    struck = actions.strike_score(score=score, reason=" Of the neighbour ", by=nurse, at=AT + HOUR)
    assert (struck.amends_id, struck.in_error, struck.amend_reason) == (score.pk, True, "Of the neighbour")
    for rows in (Score, Answers, Rating):
        assert rows.objects.filter(patient=patient).count() == 2
        assert not rows.objects.current().filter(patient=patient).exists()
    assert not queries.scores(patient, "madrs").exists()
    assert queries.answered(patient, "madrs").trajectory("madrs", []).baseline is None
    assert "madrs" not in queries.last_asked(patient), "it is asked anew"
    assert [row.pk for row in struck_out(patient)] == [struck.pk]
    assert Concern.objects.filter(patient=patient).exclude(state="closed").count() == raised, "a clinician decides that"
    with pytest.raises(Refused, match="struck out already"):
        actions.strike_score(score=score, reason="Again", by=nurse, at=AT + 2 * HOUR)


def test_i1_the_event_written_with_a_form_of_another_person_is_struck_with_it(here: Place) -> None:
    score = rated(here, scale="pcl-5", answers={str(item): 1 for item in range(1, 21)}, event="the fire")
    assert queries.index_event(score.patient) is not None
    actions.strike_score(score=score, reason="Of another person", by=here.staff(Role.RN), at=AT + HOUR)
    assert queries.index_event(score.patient) is None


def test_whoever_enters_and_may_not_read_strikes_nothing(here: Place) -> None:
    score, desk = rated(here), here.staff(Role.FD)
    with pytest.raises(NotAllowed):
        actions.strike_score(score=score, reason="Wrong", by=desk, at=AT + HOUR)
    url = reverse("patient-scale-wrong", args=[score.patient_id, "madrs"])
    assert browser(desk).get(url).status_code == 403


def test_it_needs_a_right_a_reason_and_no_patients_own_form_is_struck(here: Place) -> None:
    score, nurse, patient = rated(here), here.staff(Role.RN), here.patient()
    with pytest.raises(NotAllowed):
        actions.strike_score(score=score, reason="Wrong", by=here.staff(Role.AU), at=AT + HOUR)
    for reason in (" ", "x" * 301):
        with pytest.raises(Refused, match="reason"):
            actions.strike_score(score=score, reason=reason, by=nurse, at=AT + HOUR)
    own = actions.record_answers(
        patient=patient, instrument="phq-9", answers={str(item): 3 for item in range(1, 10)}, source="patient",
        happened_at=AT, by=here.the_patient(patient), at=AT,
    )  # fmt: skip
    with pytest.raises(Refused, match="theirs"):
        actions.strike_score(score=own, reason="Too high", by=nurse, at=AT + HOUR)


def test_h23_who_waited_for_it_waits_again(here: Place) -> None:
    patient, nurse = here.patient(), here.staff(Role.RN)
    ask = the_asks(here, patient)["next_day"]
    score = rated(here, "madrs-24h", patient=patient, by=nurse, happened_at=ask.opens_at, at=ask.opens_at)
    ask.refresh_from_db()
    former = ask.staff_duty
    assert not former.is_open
    actions.strike_score(score=score, reason="Of another day", by=nurse, at=ask.opens_at + HOUR)
    ask.refresh_from_db()
    assert ask.staff_duty != former
    assert ask.staff_duty.is_open


PCL_5 = {str(item): 1 for item in range(1, 21)}
ON_PAPER = {"came": "paper", "hidden": ()}


def test_i1_an_event_in_other_words_still_goes_with_the_form_that_wrote_it(here: Place) -> None:
    patient, nurse = here.patient(), here.staff(Role.RN)
    first = rated(here, "pcl-5", PCL_5, rater=ON_PAPER, patient=patient, event="the fire")
    later = rated(here, "pcl-5", PCL_5, rater=ON_PAPER, patient=patient, happened_at=AT + HOUR, at=AT + HOUR)
    actions.strike_score(score=later, reason="Typed wrong", by=nurse, at=AT + 2 * HOUR)
    assert queries.index_event(patient) is not None, "it was not written with that one"
    actions.amend_event(patient=patient, words="the fire at sea", reason="Typed wrong", by=nurse, at=AT + 3 * HOUR)
    actions.strike_score(score=first, reason="Of the neighbour", by=nurse, at=AT + 4 * HOUR)
    assert queries.index_event(patient) is None
    struck = IndexEvent.objects.get(patient=patient, in_error=True)
    assert (struck.words, struck.amend_reason) == ("the fire at sea", "Of the neighbour")


def test_i1_the_event_is_put_into_other_words_with_a_reason(here: Place) -> None:
    patient = here.patient()
    nurse = here.staff(Role.RN, "Rita Example")
    with pytest.raises(Refused, match="No event"):
        actions.amend_event(patient=patient, words="the flood", reason="Slip", by=nurse, at=AT)
    rated(here, "pcl-5", PCL_5, rater=ON_PAPER, patient=patient, event="the foold")
    for role in (Role.FD, Role.AU, Role.MD):
        with pytest.raises(NotAllowed):
            actions.amend_event(patient=patient, words="the flood", reason="Slip", by=here.staff(role), at=AT + HOUR)
    address, client = f"/patients/{patient.pk}/scales/pcl-5/wrong/", browser(nurse)
    assert "the foold" in client.get(address).content.decode()
    for fields, says in (
        ({"event": " ", "event_reason": "Slip"}, "words are empty"),
        ({"event": "x"}, "reason is empty"),
    ):
        refused = client.post(address, once(**fields))
        assert refused.status_code == 422
        assert says in refused.content.decode()
    assert client.post(address, once(event=" the  flood", event_reason="Typing slip")).status_code == 302
    found = queries.index_event(patient)
    assert found is not None
    assert (found.words, found.amend_reason, IndexEvent.objects.count()) == ("the flood", "Typing slip", 2)


def test_on_the_page_one_is_chosen_and_the_reason_stands_beside_it(here: Place) -> None:
    score, nurse = rated(here), here.staff(Role.RN, "Rita Example")
    address, client = f"/patients/{score.patient_id}/scales/", browser(nurse)
    assert f"{address}madrs/wrong/" in client.get(address).content.decode()
    for fields, says in (({"reason": "Typed wrong"}, "None is chosen"), ({"score": str(score.pk)}, "reason is empty")):
        refused = client.post(f"{address}madrs/wrong/", once(**fields))
        assert refused.status_code == 422
        assert says in refused.content.decode()
    done = client.post(f"{address}madrs/wrong/", once(score=str(score.pk), reason="Typed wrong"))
    assert done.status_code == 302
    page = client.get(address).content.decode()
    assert "Typed wrong" in page
    assert "Struck out" in page
    assert client.get(f"{address}nothing-such/wrong/").status_code == 404


def test_the_page_shows_what_the_patient_answered_and_offers_no_striking_of_it(here: Place) -> None:
    patient = here.patient()
    actions.record_answers(
        patient=patient, instrument="phq-9", answers={str(item): 1 for item in range(1, 10)}, source="patient",
        happened_at=AT, by=here.the_patient(patient), at=AT,
    )  # fmt: skip
    page = browser(here.staff(Role.RN)).get(f"/patients/{patient.pk}/scales/")
    assert page.status_code == 200
    assert "phq-9/wrong/" not in page.content.decode()
