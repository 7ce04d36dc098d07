"""H13: a check-in that is taken by telephone asks the safety questions, and raises what a tap would have raised."""

import pytest
from django.urls import reverse

from ketacare.clinic.audit.models import Line
from ketacare.clinic.duties.tests.factories import place
from ketacare.clinic.outcomes import actions, queries
from ketacare.clinic.outcomes.actions import silence
from ketacare.clinic.outcomes.models import Answers, Ask, Call
from ketacare.clinic.outcomes.tests.factories import the_asks
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import browser, once
from ketacare.clinic.safety.models import Concern
from ketacare.medicine.safety.reader import triage_sheet

pytestmark = pytest.mark.django_db
CALM = {f"asked-s{number}": "0" for number in range(1, 6)}


@pytest.fixture
def here():
    return place()


@pytest.fixture
def ask(here):
    return the_asks(here)["next_day"]


def posted(here, ask, role=Role.RN, **answers):
    page = browser(here.staff(role))
    return page.post(reverse("check-in-call", args=[ask.pk]), once(**answers))


def test_the_form_reads_out_every_safety_question_of_that_check_in(here, ask):
    page = browser(here.staff(Role.FD)).get(reverse("check-in-call", args=[ask.pk])).content.decode()
    asked = queries.instrument("safety-items").items
    assert [item.id for item in asked if item.words in page] == [item.id for item in asked]
    assert "rather not say" in page


def test_in_spanish_it_is_read_out_in_spanish_with_the_english_beside_it(here, ask):
    Ask.objects.filter(pk=ask.pk).update(language="es")
    page = browser(here.staff(Role.FD)).get(reverse("check-in-call", args=[ask.pk])).content.decode()
    assert queries.shown(ask.organisation_id, "safety-items", "es").items[0].words in page
    assert queries.instrument("safety-items").items[0].words in page


def test_h13_what_is_said_on_the_telephone_raises_what_a_tap_would_have(here, ask):
    assert posted(here, ask, result="well", **(CALM | {"asked-s1": "2"})).status_code == 302
    row = Answers.objects.get(ask=ask, instrument="safety-items")
    assert (row.values["s1"], row.source) == (2, "clinician")
    concern = Concern.objects.get(patient=ask.patient)
    assert (concern.reason_code, concern.tier, concern.source_id) == ("s1.2", 2, ask.pk)


def test_h13_nobody_is_well_who_was_not_asked(here, ask):
    answer = posted(here, ask, result="well", words="Sounds fine", **{"asked-s2": "0"})
    assert answer.status_code == 422
    assert "nobody knows that they are well" in answer.content.decode()
    assert "Sounds fine" in answer.content.decode()  # what was typed stays (E2)
    assert not Call.objects.exists()
    assert not Answers.objects.exists()


def test_whoever_would_rather_not_say_was_asked(here, ask):
    assert posted(here, ask, result="well", **(CALM | {"asked-s4": "-"})).status_code == 302
    assert Answers.objects.get(ask=ask).values["s4"] is None


@pytest.mark.parametrize(
    "answers", [{"result": "not_reached", "asked-s1": "0"}, CALM | {"result": "well", "asked-s1": "7"}]
)
def test_what_nobody_can_have_said_is_refused(here, ask, answers):
    assert posted(here, ask, **answers).status_code == 422
    assert not Call.objects.exists()


def test_a_call_of_a_worried_caller_need_not_ask_on(here, ask):
    assert posted(here, ask, result="worried", words="In tears").status_code == 302
    assert Concern.objects.get(patient=ask.patient).reason_code == "call.worried"


def test_i14_after_the_window_the_answers_stand_and_the_patient_was_not_silent(here, ask):
    silence.miss(ask, by=here.staff(Role.RN), at=ask.closes_at)
    assert queries.is_safety_unknown(ask)
    assert posted(here, ask, result="well", **CALM).status_code == 302
    ask.refresh_from_db()
    assert not queries.is_safety_unknown(ask)
    assert ask.scores.current().get(instrument="safety-items").answers.values["s1"] == 0


def test_what_was_tapped_before_stays_beside_it(here, ask):
    nurse, at = here.staff(Role.RN), ask.opens_at
    actions.keep_answers(
        patient=ask.patient, instrument="safety-items", answers={"s1": 1}, source="patient", happened_at=at, by=nurse,
        at=at, ask=ask,
    )  # fmt: skip
    posted(here, ask, result="worried", words="Quiet", **{"asked-s2": "0"})
    assert queries.values(ask, "safety-items") == {"s1": 1, "s2": 0}


@pytest.mark.parametrize(("told", "stands"), [("0", 2), ("-", 2), ("3", 3)])
def test_h13_what_was_tapped_is_not_taken_back_by_something_milder_said_to_somebody_else(here, ask, told, stands):
    nurse, at = here.staff(Role.RN), ask.opens_at
    actions.keep_answers(
        patient=ask.patient, instrument="safety-items", answers={"s1": 2}, source="patient", happened_at=at, by=nurse,
        at=at, ask=ask,
    )  # fmt: skip
    assert posted(here, ask, result="well", **(CALM | {"asked-s1": told})).status_code == 302
    assert queries.values(ask, "safety-items") == {"s1": stands, "s2": 0, "s3": 0, "s4": 0, "s5": 0}


@pytest.mark.parametrize(("told", "said"), [("0", 0), ("-", None)])
def test_i14_what_was_said_on_the_telephone_stands_with_the_call_and_in_no_audit_line(here, ask, told, said):
    nurse, at = here.staff(Role.RN), ask.opens_at
    kept = {"patient": ask.patient, "instrument": "safety-items", "source": "patient", "happened_at": at, "ask": ask}
    actions.keep_answers(**kept, answers={"s1": 2}, by=nurse, at=at)
    assert posted(here, ask, result="worried", words="Quiet", **{"asked-s1": told}).status_code == 302
    assert [row.source for row in Answers.objects.filter(ask=ask)] == ["patient"], "nobody said 2 to whoever called"
    assert Call.objects.get().said == {"s1": said}
    assert list(Line.objects.filter(verb="call.milder").values_list("reason", flat=True)) == [""]
    address = reverse("visit-check-ins", args=[ask.visit_id])
    shown = {role: browser(here.staff(role)).get(address).content.decode() for role in (Role.RX, Role.FD)}
    assert {role: "What they said on the telephone" in page for role, page in shown.items()} == {
        Role.RX: True, Role.FD: False,
    }  # fmt: skip


def test_the_answers_of_each_safety_question_stand_from_the_mildest_to_the_gravest():
    sheet = triage_sheet()
    for asked in (sheet.items, sheet.first):
        for item in asked.items:
            tiers = [tier.value if tier else "T9" for tier in sheet.answer_tiers[item.id].tiers]
            assert tiers == sorted(tiers, reverse=True), item.id


def test_h13_the_desk_ends_no_silence_by_saying_that_somebody_is_well(here, ask):
    page = browser(here.staff(Role.FD)).get(reverse("check-in-call", args=[ask.pk])).content.decode()
    assert ("Reached, is well" in page, "Not reached" in page) == (False, True)
    answer = posted(here, ask, role=Role.FD, result="well", **CALM)
    assert answer.status_code == 422
    assert "Only a clinician says" in answer.content.decode()
    assert not Call.objects.exists()
    assert posted(here, ask, role=Role.FD, result="not_reached").status_code == 302
    ask.duty.refresh_from_db()
    assert ask.duty.is_open
    assert posted(here, ask, role=Role.FD, result="worried", words="Slow").status_code == 302
    assert Concern.objects.get(patient=ask.patient).reason_code == "call.worried"


def test_where_no_call_is_owed_none_is_recorded_from_here(here, ask):
    posted(here, ask, result="well", **CALM)
    page = browser(here.staff(Role.FD)).get(reverse("check-in-call", args=[ask.pk])).content.decode()
    assert "No call is owed" in page
