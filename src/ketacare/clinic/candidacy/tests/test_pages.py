"""The evaluation and enrolment pages as each role meets them, and bad input answered by field, rule and remedy."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.models import HistoryAnswer, TrialEntry, Vitals
from ketacare.clinic.candidacy.tests.factories import (
    ANEURYSM,
    an_acceptance,
    an_answer,
    everything_known,
    some_vitals,
)
from ketacare.clinic.outcomes.models import Score
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.models import User
from ketacare.clinic.people.tests.factories import AT, a_patient, browser, just_confirmed, once, someone
from ketacare.clinic.protocols.tests.factories import an_adoption
from ketacare.clinic.scheduling.models import Visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(clinic):
    return browser(someone(clinic, "RX"))


def path(patient, part=""):
    return reverse(f"evaluation-{part}" if part else "evaluation", args=[patient.pk])


def test_an_empty_evaluation_says_what_is_unknown(client, patient):
    page = client.get(path(patient)).content.decode()
    assert "Not yet: " in page
    assert "Not asked" in page
    assert "Not weighed" in page
    assert "REED" in page


def test_an_answer_changes_the_sentence_at_once(client, patient):
    before = client.get(path(patient)).content.decode()
    answer = client.post(
        path(patient, "history"),
        once(source="patient", group="heart and brain", **{ANEURYSM: "no"}),
        headers={"HX-Request": "true"},
    )
    text = answer.content.decode()
    assert answer.status_code == 200
    assert 'class="group group--open" id="g-heart-and-brain"' in text
    assert 'id="open-mind" hx-swap-oob="true"' in text
    assert 'hx-swap-oob="true"' in text
    assert "<html" not in text
    assert before != text


def test_without_script_the_page_comes_back(client, patient):
    answer = client.post(path(patient, "history"), once(source="patient", **{ANEURYSM: "yes"}))
    assert answer["Location"] == path(patient) + "#history"
    assert "No: aneurysmal vascular disease" in client.get(path(patient)).content.decode()


def test_answers_that_do_not_fit_together_are_asked_about(client, patient):
    client.post(path(patient, "history"), once(source="patient", **{ANEURYSM: "no", "aneurysm_repaired": "yes"}))
    text = client.get(path(patient)).content.decode()
    assert "Does not fit together" in text
    assert "An aneurysm was repaired, and there was none." in text
    client.post(path(patient, "history"), once(source="patient", aneurysm_repaired="no"))
    assert "Does not fit together" not in client.get(path(patient)).content.decode()


def test_answers_need_a_source(client, patient):
    answer = client.post(path(patient, "history"), once(**{ANEURYSM: "no"}))
    assert answer.status_code == 422
    assert not HistoryAnswer.objects.exists()


def test_a_trial_with_only_a_name_is_kept_and_asked_about(client, patient):
    client.post(path(patient, "trials"), once(medicine="Cymbalta"))
    page = client.get(path(patient)).content.decode()
    assert "?only=dose" in page
    assert "Cymbalta: dose" in page
    assert "certain 0, possible 1" in page


def test_a_medicine_not_in_the_table_is_shown_as_not_checked(client, patient):
    client.post(path(patient, "trials"), once(medicine="the blue one"))
    assert "not checked" in client.get(path(patient)).content.decode()


def test_nonsense_in_a_trial_is_refused_and_kept_on_the_page(client, patient):
    answer = client.post(path(patient, "trials"), once(medicine="sertraline", dose_mg="-5"))
    assert answer.status_code == 422
    assert 'value="-5"' in answer.content.decode()
    assert not TrialEntry.objects.exists()


def test_h3_weight_in_pounds_is_kept_in_kg_and_both_are_shown(client, patient):
    client.post(path(patient, "body"), once(weight_kg="154 lb", height_cm="170"))
    assert str(people.latest_measure(patient).weight_kg) == "69.9"
    assert "69.9 kg (154.1 lb)" in client.get(path(patient)).content.decode()


def test_h3_154_lb_typed_as_kg_is_asked_about_once(client, patient):
    client.post(path(patient, "body"), once(weight_kg="70", height_cm="170"))
    answer = client.post(path(patient, "body"), once(weight_kg="154"))
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "2.2 times" in text
    assert "If you weighed in pounds choose lb" in text
    assert str(people.latest_measure(patient).weight_kg) == "70.0"
    assert 'name="weight_kg_asked" value="154|"' in text
    said = {"confirm": "weight_kg", "weight_kg_asked": "154|"}
    assert client.post(path(patient, "body"), once(weight_kg="155", **said)).status_code == 422, "that was of 154"
    assert client.post(path(patient, "body"), once(weight_kg="200 lb", **said)).status_code == 422, "and of kilograms"
    client.post(path(patient, "body"), once(weight_kg="154", **said))
    assert str(people.latest_measure(patient).weight_kg) == "154.0"


@pytest.mark.parametrize("typed", ["heavy", "", "5", "1540"])
def test_a_weight_that_cannot_be(client, patient, typed):
    assert client.post(path(patient, "body"), once(weight_kg=typed)).status_code == 422
    assert people.latest_measure(patient) is None


def test_pressure_the_wrong_way_round_is_refused_in_words(client, patient):
    answer = client.post(path(patient, "vitals"), once(pressure="80/120"))
    assert answer.status_code == 422
    assert "Write systolic first, as 120/80." in answer.content.decode()
    assert not Vitals.objects.exists()


def test_vitals_as_they_are_said(client, patient):
    client.post(path(patient, "vitals"), once(pressure="128 78", pulse="72", spo2="98"))
    assert "128/78 mmHg, pulse 72 /min, SpO2 98 %" in client.get(path(patient)).content.decode()


def test_spo2_140_is_impossible(client, patient):
    assert client.post(path(patient, "vitals"), once(pressure="128/78", spo2="140")).status_code == 422


def test_phq9_is_scored_and_an_open_question_leaves_no_total(client, patient):
    items = [
        item.id for item in __import__("ketacare.clinic.outcomes.queries", fromlist=["x"]).instrument("phq-9").items
    ]
    client.post(path(patient, "phq9"), once(**dict.fromkeys(items[:8], "2")))
    assert Score.objects.get().total is None
    assert "No total" in client.get(path(patient)).content.decode()
    client.post(path(patient, "phq9"), once(**dict.fromkeys(items[:8], "2"), **{items[8]: "0"}))
    assert Score.objects.latest("recorded_at").total == 16


def test_item_9_has_risen_since_it_was_last_answered_not_since_it_was_skipped(client, patient):
    others = dict.fromkeys((str(number) for number in range(1, 9)), "2")
    for item_9 in ({"9": "1"}, {}, {"9": "2"}):
        client.post(path(patient, "phq9"), once(**others, **item_9))
    now = datetime.fromtimestamp(time.time(), UTC) + timedelta(minutes=1)
    facts = queries.case_now(patient, at=now, zone="America/New_York").facts
    assert [fact.value for fact in facts.all("phq_9_item_9_rise")] == [1]


def test_allergies_and_medicines_in_their_states(client, patient):
    assert "Allergies not yet asked" in client.get(path(patient)).content.decode()
    contradiction = once(state="none_known", substance="penicillin", reaction="")
    assert client.post(path(patient, "allergies"), contradiction).status_code == 422
    client.post(path(patient, "allergies"), once(state="none_known"))
    assert "No known allergies" in client.get(path(patient)).content.decode()
    client.post(path(patient, "medicines"), once(name="lithium", dose="600 mg at night"))
    assert "600 mg at night" in client.get(path(patient)).content.decode()


def test_a_longer_list_of_allergies_is_shown_whole_with_room_for_one_more(client, patient):
    told = ["penicillin", "latex", "iodine", "nickel", "codeine"]
    form = {**once(state="listed"), "substance": told, "reaction": [""] * 5}
    assert client.post(path(patient, "allergies"), form).status_code < 400
    page = client.get(path(patient)).content.decode()
    assert page.count('name="substance"') == 6
    assert 'value="codeine"' in page


def test_i1_an_amendment_is_struck_through_with_who_and_why(clinic, client, patient):
    row = some_vitals(patient, someone(clinic, "RN"))
    amend = reverse("vitals-amend", args=[patient.pk, row.pk])
    assert client.post(amend, once(pressure="118/78", amend_reason="")).status_code == 422
    client.post(amend, once(pressure="118/78", amend_reason="misread"))
    page = client.get(path(patient)).content.decode()
    assert "<del>128/78 mmHg</del>" in page
    assert "misread" in page


def test_i1_a_weight_read_wrongly_is_amended_and_stays_readable(client, patient):
    client.post(path(patient, "body"), once(weight_kg="70"))
    row = people.latest_measure(patient)
    amend = reverse("body-amend", args=[patient.pk, row.pk])
    assert client.post(amend, once(weight_kg="72", amend_reason="")).status_code == 422
    client.post(amend, once(weight_kg="72", amend_reason="read the wrong line"))
    assert str(people.latest_measure(patient).weight_kg) == "72.0"
    for page in (path(patient), reverse("patient", args=[patient.pk])):
        assert "<del>70 kg" in client.get(page).content.decode()
    assert client.post(amend, once(weight_kg="73", amend_reason="again")).status_code == 422


def test_h2_an_unlikely_answer_is_amended_once_it_is_said_to_be_right(clinic, client, patient):
    row = an_answer(patient, someone(clinic, "RN"), name="qtc_ms", answer="460")
    amend = reverse("history-amend", args=[patient.pk, row.pk])
    told = {"qtc_ms.value": "560", "amend_reason": "misread"}
    page = client.post(amend, once(**told))
    assert page.status_code == 422
    assert 'name="qtc_ms_asked" value="560|"></label>' in page.content.decode()
    said = {"confirm": "qtc_ms", "qtc_ms_asked": "560|"}
    assert client.post(amend, once(**told | {"qtc_ms.value": "580"}, **said)).status_code == 422
    assert client.post(amend, once(**told, **said)).status_code == 302


def test_h4_a_fact_of_one_person_is_not_amended_in_the_context_of_another(clinic, client, patient):
    other = a_patient(someone(clinic, "FD"), family="Moss")
    row = an_answer(other, someone(clinic, "RN"))
    assert client.get(reverse("history-amend", args=[patient.pk, row.pk])).status_code == 404


def test_i4_the_conflict_page_shows_both_texts(client, patient):
    client.post(path(patient, "impression"), once(impression="First text", version="1"))
    answer = client.post(path(patient, "impression"), once(impression="Second text", version="1"))
    assert answer.status_code == 409
    assert "First text" in answer.content.decode()
    assert "Second text" in answer.content.decode()
    assert 'data-field="version" data-now="2"' in answer.content.decode()
    again = client.post(path(patient, "impression"), once(impression="Both texts", version="2"))
    assert again.status_code in (200, 302)


def test_deciding_from_the_page(clinic, client, patient):
    everything_known(patient, someone(clinic, "RN"), at=datetime.fromtimestamp(time.time(), UTC))
    assert "Yes: nothing known holds this back" in client.get(path(patient)).content.decode()
    client.post(path(patient, "decide"), once(choice="accept"))
    assert "Enrol and sign the plan" in client.get(path(patient)).content.decode()


def test_the_nurse_reads_and_writes_facts_but_does_not_decide(clinic, patient):
    client = browser(someone(clinic, "RN"))
    assert "Your decision" not in client.get(path(patient)).content.decode()
    assert client.post(path(patient, "decide"), once(choice="no", reason="x")).status_code == 403


def test_the_patient_reads_the_decision_in_plain_words_only(clinic, patient):
    person = someone(clinic, "PT")
    patient.user = User.objects.get(pk=person.user_id)
    patient.save()
    page = browser(person).get(path(patient)).content.decode()
    assert "No decision yet." in page
    assert "psychosis" not in page
    an_acceptance(patient, someone(clinic, "RX"))
    assert "can offer this treatment" in browser(person).get(path(patient)).content.decode()


def test_k6_signing_the_plan_asks_first_and_then_books(clinic, client, patient):
    an_adoption(clinic)
    an_acceptance(patient, someone(clinic, "RX"))
    enrol = reverse("enrolment", args=[patient.pk])
    assert client.get(enrol)["Location"].startswith("/account/reauthenticate/")
    just_confirmed(client)
    page = client.get(enrol).content.decode()
    assert "Sign the plan and book 6 visits" in page
    tuesday = datetime.fromtimestamp(time.time(), UTC).date() + timedelta(days=30)
    tuesday += timedelta(days=(1 - tuesday.weekday()) % 7)
    typed = {"protocol": "p-iv-05-2w", "first_on": str(tuesday), "starts": "10:00", "chair": "", "goals": "Sleep"}
    answer = client.post(enrol, once(**typed))
    assert answer["Location"] == reverse("plan-summary", args=[patient.pk])
    assert Visit.objects.filter(patient=patient).count() == 6
    plan = client.get(answer["Location"]).content.decode()
    assert "0.5 mg/kg" in plan
    assert "Sleep" in plan


def test_enrolment_without_an_adopted_protocol_says_who_can_help(clinic, client, patient):
    an_acceptance(patient, someone(clinic, "RX"))
    answer = just_confirmed(client).get(reverse("enrolment", args=[patient.pk]))
    assert answer.status_code == 422
    assert "Ask the medical director" in answer.content.decode() or "No protocol is adopted" in answer.content.decode()


# -- going through what is missing --------------------------------------------------------------------------------


def missing(patient):
    return reverse("evaluation-missing", args=[patient.pk])


def test_the_next_open_question_is_asked_until_nothing_is_open(clinic, client, patient):
    page = client.get(missing(patient)).content.decode()
    assert "Aneurysm of the aorta" in page
    assert "left that matter" in page
    kept = {"then": "missing", "source": "record"}
    answer = client.post(path(patient, "history"), once(**kept, **{ANEURYSM: "no"}))
    assert answer["Location"] == missing(patient) + "?source=record"
    page = client.get(answer["Location"]).content.decode()
    assert "Aneurysm of the aorta" not in page.split("<main")[1]
    everything_known(patient, someone(clinic, "RN"), at=datetime.fromtimestamp(time.time(), UTC))
    assert "Nothing more to ask here" in client.get(missing(patient)).content.decode()


def test_what_is_skipped_comes_back_and_what_lives_elsewhere_is_linked(client, patient):
    page = client.get(missing(patient) + f"?skip={ANEURYSM}").content.decode()
    assert f"skip={ANEURYSM}%2Carteriovenous_malformation" in page
    everything = ",".join(queries.kinds().keys() - {"capacity"})
    page = client.get(missing(patient) + f"?skip={everything}").content.decode()
    assert "Enter it in its own part of the evaluation" in page
    open_now = queries.open_in(queries.answer_so_far(patient, at=AT, zone="America/New_York").decision)
    page = client.get(missing(patient) + f"?skip={','.join(item.name for item in open_now)}").content.decode()
    assert "What was skipped is still open" in page


def test_a_refused_answer_stays_on_its_question(client, patient):
    typed = {"then": "missing", "fact": ANEURYSM, "source": "patient", ANEURYSM: "perhaps"}
    answer = client.post(path(patient, "history"), once(**typed))
    assert answer.status_code == 422
    assert "not true or false" in answer.content.decode()
    assert not HistoryAnswer.objects.exists()


def test_only_those_who_write_facts_go_through_them(clinic, patient):
    assert browser(someone(clinic, "TH")).get(missing(patient)).status_code == 403


# -- the answer -----------------------------------------------------------------------------------------------------


def test_the_number_of_queries_does_not_grow_with_the_facts(clinic, client, patient):
    nurse = someone(clinic, "RN")
    now = datetime.fromtimestamp(time.time(), UTC)
    with CaptureQueriesContext(connection) as few:
        client.get(path(patient))
    everything_known(patient, nurse, at=now)
    for name in ("hypertension", "glaucoma", "thyroid", "sleep_apnoea"):
        an_answer(patient, nurse, name=name, answer="none", at=now)
    with CaptureQueriesContext(connection) as many:
        client.get(path(patient))
    assert len(many) <= len(few) + 2, "a fixed number, plus who recorded it"


def test_every_card_has_its_evidence_and_who_may_lift_it(clinic, client, patient):
    nurse, now = someone(clinic, "RN"), datetime.fromtimestamp(time.time(), UTC)
    told = {ANEURYSM: "yes", "aneurysm_repaired": "yes", queries.PRODUCT.name: queries.PRODUCT.choices[0]}
    for name, answer in told.items():
        an_answer(patient, nurse, name=name, answer=answer, at=now)
    page = client.get(path(patient)).content.decode()
    assert "No: aneurysmal vascular disease" in page
    assert "specialist&#39;s written opinion" in page
    assert "SPRAVATO (esketamine), US prescribing information" in page
    assert "an answer counts 365 days" in page
    assert "lifts with Aneurysm of the aorta, brain or peripheral arteries: no" in page


# -- thinking it through --------------------------------------------------------------------------------------------


def test_a_diagnosis_is_weighed_with_what_speaks_for_and_against(client, patient):
    refused = client.post(path(patient, "differential"), once(diagnosis="Bipolar disorder"))
    assert refused.status_code == 422
    weighed = {"diagnosis": "Bipolar disorder", "weight": "excluded", "speaks_against": "Never elated"}
    client.post(path(patient, "differential"), once(**weighed))
    page = client.get(path(patient)).content.decode()
    assert "ruled out" in page
    assert "Never elated" in page
    assert client.post(path(patient, "differential"), once(diagnosis=" ", weight="main")).status_code == 422


def test_capacity_is_judged_by_four_abilities_and_read_as_the_fact(client, patient):
    four = dict.fromkeys(("understands", "appreciates", "reasons", "chooses"), "yes")
    assert client.post(path(patient, "capacity"), once(understands="yes")).status_code == 422
    answer = client.post(path(patient, "capacity"), once(**(four | {"reasons": "no"})))
    assert "no words say why" in answer.content.decode()
    client.post(
        path(patient, "capacity"), once(**(four | {"reasons": "unsure"}), capacity_words="Tired; again tomorrow")
    )
    assert not known_of(patient).all("capacity")
    client.post(path(patient, "capacity"), once(**(four | {"reasons": "no"}), capacity_words="Cannot compare"))
    assert known_of(patient).all("capacity")[0].value is False
    client.post(path(patient, "capacity"), once(**four))
    assert known_of(patient).all("capacity")[0].value is True
    assert client.post(path(patient, "history"), once(source="clinician", capacity="yes")).status_code == 422


def known_of(patient):
    now = datetime.fromtimestamp(time.time(), UTC)
    return queries.answer_so_far(patient, at=now, zone="America/New_York").facts


def test_alternatives_say_where_they_stand_and_why(client, patient):
    assert client.post(path(patient, "alternatives"), once()).status_code == 422
    answer = client.post(path(patient, "alternatives"), once(stand_ect="declined"))
    assert "ECT: no reason is given." in answer.content.decode()
    client.post(path(patient, "alternatives"), once(stand_ect="declined", why_ect="Afraid", stand_tms="offered"))
    page = client.get(path(patient)).content.decode()
    assert "Afraid" in page
    assert "2 of 6" in page


def test_what_was_told_is_counted_against_the_sheet(client, patient):
    assert client.post(path(patient, "information"), once(elements="nonsense")).status_code == 422
    client.post(path(patient, "information"), once(elements=["benefit", "alternatives"]))
    page = client.get(path(patient)).content.decode()
    assert "Still to tell: The diagnosis" in page
    an_answer(patient, someone(patient.clinic, "RX"), name="proposed_product", answer="esketamine nasal spray")
    assert "prevention of suicide is not shown" in client.get(path(patient)).content.decode()


def test_a_name_with_capitals_of_its_own_keeps_them_in_what_is_proposed(client, patient, monkeypatch):
    by = someone(patient.clinic, "RX")
    an_answer(patient, by, name="proposed_product", answer="esketamine nasal spray")
    an_answer(patient, by, name="moca", answer="26")
    an_answer(patient, by, name="diagnosis", answer="depression")

    def group(asked):
        return queries.Group("plan", "What is proposed", (asked["diagnosis"], asked["moca"]))

    monkeypatch.setattr(queries, "plan_of", group)
    assert "main diagnosis: depression; MoCA total: 26" in client.get(path(patient)).content.decode()


@pytest.mark.parametrize("part", ["differential", "capacity", "alternatives", "information"])
def test_the_nurse_reads_what_was_thought_and_does_not_write_it(clinic, patient, part):
    assert browser(someone(clinic, "RN")).post(path(patient, part), once(diagnosis="x")).status_code == 403
