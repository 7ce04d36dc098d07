"""A plan is made from the record, signed in versions, and told in plain words and letters."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import timedelta
from html import unescape
from unittest.mock import patch

import pytest
from django.urls import reverse

from ketacare.clinic.audit.models import Line
from ketacare.clinic.candidacy import actions as candidacy
from ketacare.clinic.candidacy import queries as evaluated
from ketacare.clinic.candidacy.actions.consenting import consent_of_course
from ketacare.clinic.candidacy.models import Verdict
from ketacare.clinic.candidacy.tests.factories import a_clearance, a_safety_plan, some_medicines
from ketacare.clinic.careplan import actions, queries
from ketacare.clinic.careplan.models import CarePlanVersion
from ketacare.clinic.careplan.tests.factories import GOALS, LATER, Planned, a_dose_visit, a_duty, planned, signed
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.enrolment import queries as enrolled
from ketacare.clinic.enrolment.models import Review
from ketacare.clinic.enrolment.tests.factories import PERSON, a_referral
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.people.tests.factories import AT, a_patient, browser, just_confirmed, once, someone
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.clinic.therapy import actions as therapy
from ketacare.clinic.therapy.tests.factories import FIVE, a_goal, a_running_session

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> Planned:
    return planned()


def said(here: Planned, section: str) -> dict[str, str]:
    return {one.label: one.value for part in here.plan() if part.id == section for one in part.statements}


def test_it_is_made_from_the_record_and_nothing_is_typed_for_it(here: Planned):
    a_duty(here)
    assert said(here, "aims") == {"What the patient wants": GOALS}
    assert said(here, "regimen")["Treatment"].startswith("ketamine (racemic), IV, 0.5 mg/kg over 40 min, 6 sessions")
    assert said(here, "regimen")["Why this treatment"] == "Trials abroad, letters seen"
    assert said(here, "therapy")["Therapist"] == "A Therapist"
    visits = said(here, "therapy")["Integration visit"]
    assert visits == "24 to 72 h after each of the first 6 doses, then after every 2nd"
    assert not [label for label in said(here, "regimen") if label.startswith("Only under conditions")]
    assert set(said(here, "medicines")) == {"sertraline", "lorazepam"}
    assert said(here, "safety")["Safety plan"].startswith("Version 1, made 14-Jul-2026")
    assert said(here, "people")["Chase the laboratory"] == "Nurse, nobody yet"
    assert said(here, "dates") == {"Dosing session 1": "Wed 15-Jul-2026 10:05"}
    then = said(here, "then")
    assert "stop or change" in then["If it does not help: benefit judged, racemic"]
    assert then["If it helps"].startswith("Afterwards once a week for 4 weeks")


def test_the_conditions_of_a_clearance_stand_in_the_treatment_with_whose_they_are_and_until_when(here: Planned):
    on = LATER.date() + timedelta(days=30)
    opinion = candidacy.Opinion(Verdict.CONDITIONS, "An ECG before each dose", "Stable", on)
    a_clearance(here.patient, here.staff["RX"], said=opinion)
    regimen = next(part for part in here.plan() if part.id == "regimen")
    (one,) = [one for one in regimen.statements if one.label.startswith("Only under conditions: ")]
    assert (one.value, one.note) == ("An ECG before each dose", f"Dr Lee, until {on:%d-%b-%Y}")
    signed(here, at=LATER)
    agrees_to_the_referrer(here)
    letter = actions.write_letter(patient=here.patient, to="referrer", by=here.staff["RX"], at=LATER)
    assert "An ECG before each dose" not in str(letter.body), "it was written to those who treat here"


def test_one_rule_says_who_reads_the_conditions_of_a_clearance(here: Planned):
    """Evaluation, candidacy, clearance: a therapist reads a summary."""
    opinion = candidacy.Opinion(
        Verdict.CONDITIONS, "An ECG before each dose", "Stable", LATER.date() + timedelta(days=30)
    )
    a_clearance(here.patient, here.staff["RX"], said=opinion)
    signed(here, at=LATER)
    with patch("ketacare.web.clock.now", lambda: LATER):
        for role, reads in (("RN", True), ("TH", False)):
            client = browser(here.staff[role])
            for page in (("care-plan", here.patient.pk), ("care-plan-version", here.patient.pk, 1)):
                text = client.get(reverse(page[0], args=page[1:])).content.decode()
                assert ("An ECG before each dose" in text) is reads
                assert "Only under conditions" in text
            chart = client.get(reverse("patient", args=[here.patient.pk])).content.decode()
            assert ("An ECG before each dose" in chart) is reads


def test_nothing_changed_since_it_was_signed_where_conditions_only_came_to_their_last_day(here: Planned):
    on = LATER.date() + timedelta(days=3)
    opinion = candidacy.Opinion(Verdict.CONDITIONS, "An ECG before each dose", "Stable", on)
    row = a_clearance(here.patient, here.staff["RX"], said=opinion)
    signed(here, at=LATER)

    def changed(at):
        found = queries.standing(here.patient, here.plan(at), at.date()).differences
        return [str(one.kind) for one in found if one.label.startswith("Only under conditions")]

    assert changed(LATER + timedelta(days=5)) == [], "nobody did anything"
    candidacy.withdraw_clearance(row, reason="No ECG can be had", by=here.staff["RX"], at=LATER + timedelta(minutes=5))
    assert changed(LATER + timedelta(minutes=6)) == ["no longer"]
    assert changed(LATER + timedelta(days=5)) == ["no longer"]


def test_what_was_decided_at_a_review_and_the_forecast_that_stood_before_it(here: Planned):
    facts = [["PHQ-9", "21 to 8"], ["Forecast", "Even chance by 20-Aug-2026, 80 of 100 between 1-Aug and 30-Sep."]]
    Review.objects.create(
        **about(here.patient, here.staff["RX"], LATER), enrolment=here.patient.enrolments.get(), after_doses=4,
        choice="continue", reason="Half as bad as before", facts=facts,
    )  # fmt: skip
    assert "When it may fade" not in said(here, "then")  # before a dose there is nothing to fade
    a_running_session(here.patient.visits.get())
    then = said(here, "then")
    assert then["Review after dose 4"] == "Continue as planned: Half as bad as before"
    assert then["When it may fade"].startswith("Even chance by 20-Aug-2026")
    copies = queries.copies(queries.gathered(here.patient, at=LATER, zone=here.clinic.zone))
    plain = {language: " ".join(copy[-1]["paragraphs"]) for language, copy in copies.items()}
    assert "decided to go on as planned" in plain["en"]
    assert "decidimos seguir como estaba previsto" in plain["es"]
    assert "PHQ-9" not in plain["en"]


def test_the_plan_counts_windows_honestly_by_the_hours_chosen_and_names_nobody_whose_last_day_is_over(here: Planned):
    """P6, and no visit outside its window is called one that used it."""
    dose = here.patient.visits.get()
    a_running_session(dose)
    told = {"minutes": "50", "intention": "To look at the house", "placed": "asat"}
    therapy.write_preparation(
        patient=here.patient, said=told, checklist=["intention"], shown=[], by=here.staff["TH"], at=LATER
    )
    late = dose.starts_at + timedelta(hours=130)
    therapy.write_note(
        visit=dose, happened_at=late, minutes=50, summary="Home", next_step="", by=here.staff["TH"], at=late
    )
    other = someone(here.clinic, Role.TH, "Guest Therapist")
    last_day = (AT + timedelta(days=2)).date()
    guest = people.relate(
        patient=here.patient, user=User.objects.get(pk=other.user_id), kind="therapist", by=here.staff["RN"], at=AT,
        until=last_day,
    )  # fmt: skip

    def said_at(at, section):
        return {one.label: one for part in here.plan(at) if part.id == section for one in part.statements}

    then = said_at(late, "therapy")
    assert then["Windows so far"].value == "0 used, 1 held outside, 0 missed"
    assert then["Integration visit"].value.startswith("24 to 120 h after each of the first 6 doses")
    assert "Guest" not in then["Therapist"].value
    notes = [one.note for part in here.plan(LATER) for one in part.statements if one.key == f"team {guest.pk}"]
    assert notes == [f"until {last_day:%d-%b-%Y}"]
    copies = queries.copies(queries.gathered(here.patient, at=late, zone=here.clinic.zone))
    assert "120 hours later" in " ".join(words for part in copies["en"] for words in part["paragraphs"])


def test_what_is_not_known_is_said_and_asked_for_by_who_may(here: Planned):
    nobody = a_patient(here.staff["FD"], family="Empty")
    plan = queries.sections(queries.gathered(nobody, at=LATER, zone=here.clinic.zone))
    prescriber = queries.where_to_ask(plan, nobody.pk, here.staff["RX"])
    assert {("aims", "goals"), ("medicines", "list"), ("safety", "plan"), ("people", "gp")} <= set(prescriber)
    assert set(queries.where_to_ask(plan, nobody.pk, here.staff["AU"])) == {("dates", "next")}
    page = browser(here.staff["RX"]).get(reverse("care-plan", args=[nobody.pk])).content.decode()
    assert "Make one together" in page
    assert "Nobody has signed it yet" in page


def test_a_version_keeps_what_was_signed_with_its_digest_name_and_time(here: Planned):
    row = signed(here)
    assert (row.number, row.signed_as, row.recorded_by, row.recorded_at) == (1, "RX", here.user("RX"), LATER)
    assert queries.standing(here.patient, here.plan(), LATER.date()).is_current
    assert Line.objects.filter(verb="care_plan.sign", object_id=row.pk).count() == 1
    with pytest.raises(Refused, match="Nothing has changed"):
        signed(here)


def test_what_changed_since_is_shown_and_the_next_version_says_it(here: Planned):
    signed(here)
    a_dose_visit(here, AT + timedelta(days=3), 2)
    actions.say_family_doctor(
        patient=here.patient, name="Dr Hale", address="2 High Street", agrees=True, by=here.staff["FD"], at=LATER
    )
    a_safety_plan(here.patient, here.staff["RX"], after=1)
    found = queries.standing(here.patient, here.plan(), LATER.date()).differences
    assert {(one.label, str(one.kind)) for one in found} >= {
        ("Dosing session 2", "new"), ("Family doctor (GP)", "changed"), ("Safety plan", "changed"),
    }  # fmt: skip
    second = signed(here, LATER + timedelta(minutes=5))
    assert (second.number, second.amends) == (2, CarePlanVersion.objects.get(number=1))
    page = browser(here.staff["RN"]).get(reverse("care-plan-version", args=[here.patient.pk, 2])).content.decode()
    assert "What it changed against version 1" in page
    assert "Dr Hale" in page
    assert "does not match its fingerprint" not in page


def test_a_page_that_the_record_has_left_behind_is_not_signed(here: Planned):
    seen = queries.standing(here.patient, here.plan(), LATER.date()).seen
    a_dose_visit(here, AT + timedelta(days=3), 2)
    with pytest.raises(Refused, match="has changed since"):
        actions.sign(patient=here.patient, seen=seen, by=here.staff["RX"], at=LATER)


def test_only_a_prescriber_or_director_signs(here: Planned):
    seen = queries.standing(here.patient, here.plan(), LATER.date()).seen
    for role in ("FD", "RN", "TH", "PT", "AU", "AD", "RC", "RS", "IC"):
        with pytest.raises(NotAllowed):
            actions.sign(patient=here.patient, seen=seen, by=here.staff[role], at=LATER)


# Who opens the page: those who treat and the auditor, a therapist as assigned. Patient and referrer read elsewhere.
OPENS = {"RN": 200, "RX": 200, "MD": 200, "AU": 200, "TH": 200, "FD": 403, "AD": 403, "RC": 403, "RS": 403, "PT": 403}


def test_who_opens_it(here: Planned):
    here.patient.user = here.user("PT")
    here.patient.save()
    people.relate(patient=here.patient, user=here.user("RC"), kind="referrer", by=here.staff["RN"], at=AT)
    for role, status in OPENS.items():
        answer = browser(here.staff[role]).get(reverse("care-plan", args=[here.patient.pk]))
        assert (role, answer.status_code) == (role, status)
        assert (GOALS in answer.content.decode()) is (status == 200)
        tenancy.enter(organisation_id=here.clinic.organisation_id)


def test_another_therapist_does_not(here: Planned):
    answer = browser(someone(here.clinic, Role.TH)).get(reverse("care-plan", args=[here.patient.pk]))
    assert answer.status_code == 403


def test_it_is_signed_by_who_has_just_proved_who_they_are(here: Planned):
    address, client = reverse("care-plan-sign", args=[here.patient.pk]), browser(here.staff["RX"])
    assert client.get(address).status_code == 302
    page = just_confirmed(client).get(address).content.decode()
    assert "What the patient will read" in page
    seen = re.search(r'name="seen" value="(\w+)"', page)
    assert seen
    answer = client.post(address, once(seen=seen[1]))
    assert answer.status_code == 302
    assert queries.newest(here.patient).number == 1
    assert client.post(address, once(seen="another")).status_code == 422


# -- the patient's copy ---------------------------------------------------------------------------------------------


def words_of(row: CarePlanVersion, language: str) -> str:
    return "\n".join(words for part in row.copy(language) for words in part["paragraphs"])


def test_the_patients_copy_says_the_same_in_both_languages(here: Planned):
    row = signed(here)
    english, spanish = words_of(row, "en"), words_of(row, "es")
    assert "Ketamine, into a vein: 6 treatments from 15 July 2026." in english
    assert "Ketamina, por la vena: 6 tratamientos desde el 15 de julio de 2026." in spanish
    assert "Wednesday 15 July, 10:05: treatment" in english
    assert "miércoles 15 de julio, 10:05: tratamiento" in spanish
    assert [part["id"] for part in row.copy("en")] == [part["id"] for part in row.copy("es")]
    for words in (english, spanish):
        assert GOALS in words
        assert "988" in words
        assert "sertraline" in words
        assert "Trials abroad" not in words
    assert words_of(row, "fr") == english


def test_the_copy_says_of_what_is_not_known_that_it_is_not(here: Planned):
    nobody = a_patient(here.staff["FD"], family="Empty")
    copies = queries.copies(queries.gathered(nobody, at=LATER, zone=here.clinic.zone))
    spanish = "\n".join(words for part in copies["es"] for words in part["paragraphs"])
    for expected in ("Todavía no tiene uno", "aún no está decidido", "No hay nada reservado", "no le hemos preguntado"):
        assert expected in spanish


def test_the_copy_is_printed_in_the_language_asked_for(here: Planned):
    client, address = browser(here.staff["RN"]), reverse("care-plan-copy", args=[here.patient.pk])
    assert client.get(address).status_code == 404
    signed(here)
    for language, title in (("en", "Your plan"), ("es", "Su plan")):
        assert f"<h1>{title}</h1>" in client.get(address, {"language": language}).content.decode()


def test_h5_the_copy_has_the_dates_of_today_and_says_where_the_record_has_gone_on(here: Planned):
    """Who reads the hour of a visit that was moved comes at that hour; the rest is as it was signed, and says so."""
    signed(here)
    client, address = browser(here.staff["RN"]), reverse("care-plan-copy", args=[here.patient.pk])

    def told(language: str) -> str:
        with patch("ketacare.web.clock.now", lambda: LATER):
            return client.get(address, {"language": language}).content.decode()

    Visit.objects.update(starts_at=AT + timedelta(days=1, hours=2), ends_at=AT + timedelta(days=1, hours=4))
    page = told("en")
    assert "15 July, 12:05: treatment" in page
    assert "10:05" not in page
    assert "as they are today" in page
    assert "has changed since it was signed" not in page
    some_medicines(here.patient, here.staff["RN"], {"name": "sertraline", "dose": "100 mg"}, at=LATER)
    assert "Something in this plan has changed since it was signed" in told("en")
    assert "Algo de este plan ha cambiado" in told("es")
    assert "lorazepam" in told("en")
    found = queries.gathered(here.patient, at=LATER, zone=here.clinic.zone)
    assert queries.copy_of(CarePlanVersion.objects.get(), found, "fr").has_changed


# -- letters --------------------------------------------------------------------------------------------------------


def agrees_to_the_referrer(here: Planned, agrees: bool = True, at=LATER) -> None:
    actions.say_referrer(patient=here.patient, agrees=agrees, by=here.staff["RN"], at=at)


def test_h28_no_letter_to_a_referrer_without_consent_and_none_is_printed_after_it_was_taken_back(here: Planned):
    """H28: consent checked at every exit, at printing as well."""
    signed(here)
    with pytest.raises(Refused, match="Nobody is known there to whom a letter may go"):
        actions.write_letter(patient=here.patient, to="referrer", by=here.staff["RX"], at=LATER)
    with patch("ketacare.web.clock.now", lambda: LATER):
        client, address = browser(here.staff["RN"]), reverse("family-doctor", args=[here.patient.pk])
        assert client.post(address, once(about="referrer")).status_code == 422
        assert client.post(address, once(about="referrer", referrer="yes")).status_code == 302
    tenancy.enter(organisation_id=here.clinic.organisation_id)
    actions.write_letter(patient=here.patient, to="referrer", by=here.staff["RX"], at=LATER)
    printed = reverse("care-plan-letter-pdf", args=[here.patient.pk, "referrer"])
    assert browser(here.staff["RX"]).get(printed).status_code == 200
    tenancy.enter(organisation_id=here.clinic.organisation_id)
    here.patient.user = here.user("PT")
    here.patient.save()
    actions.withdraw_consent(
        patient=here.patient, kind="referrer_letter", reason="", by=here.staff["PT"], at=LATER + timedelta(hours=1)
    )
    assert browser(here.staff["RX"]).get(printed).status_code == 403
    page = browser(here.staff["RX"]).get(reverse("care-plan", args=[here.patient.pk])).content.decode()
    assert "not to be printed" in page


def test_h14_a_consent_to_treatment_that_was_taken_back_is_no_longer_told_to_count(here: Planned):
    given = {"patient": here.patient, "kind": evaluated.TREATMENT, "text_version": "1"}
    product = evaluated.product_of(enrolled.protocol_for(enrolled.current_enrolment(here.patient)))
    people.record_consent(**given, given=True, words=product, by=here.staff["RX"], at=AT)
    protocol = enrolled.protocol_for(enrolled.current_enrolment(here.patient))
    consent_of_course(here.patient, protocol, by=here.staff["RX"], at=AT)
    assert ["counts until" in duty.why for duty in owed.open_for(here.patient, evaluated.ASK_ANEW)] == [True]
    here.patient.user = here.user("PT")
    here.patient.save()
    actions.withdraw_consent(patient=here.patient, kind=evaluated.TREATMENT, reason="", by=here.staff["PT"], at=LATER)
    (duty,) = owed.open_for(here.patient, evaluated.ASK_ANEW)
    assert duty.why.startswith("The consent was taken back")


def test_h28_a_consent_to_one_referrer_says_nothing_about_the_next(here: Planned):
    agrees_to_the_referrer(here)
    first = queries.referral_by_a_clinician(here.patient)
    assert queries.referrer_agreed(here.patient, first) is True
    a_referral(here.staff["FD"], person=PERSON, is_known=here.patient, referrer_name="Dr Ada Lund", at=LATER)
    second = queries.referral_by_a_clinician(here.patient)
    assert queries.referrer_agreed(here.patient, second) is None


def test_h28_a_letter_to_the_family_doctor_is_not_printed_once_the_patient_says_no(here: Planned):
    signed(here)
    said_of = {"patient": here.patient, "name": "Dr Hale", "address": "2 High Street", "by": here.staff["FD"]}
    actions.say_family_doctor(agrees=True, at=LATER, **said_of)
    actions.write_letter(patient=here.patient, to="gp", by=here.staff["RX"], at=LATER)
    printed = reverse("care-plan-letter-pdf", args=[here.patient.pk, "gp"])
    assert browser(here.staff["RX"]).get(printed).status_code == 200
    tenancy.enter(organisation_id=here.clinic.organisation_id)
    actions.say_family_doctor(agrees=False, at=LATER + timedelta(minutes=1), **said_of)
    assert browser(here.staff["RX"]).get(printed).status_code == 403


def test_h28_a_letter_bears_neither_the_words_of_a_goal_nor_the_reason_of_a_review(here: Planned):
    therapy.write_goal(patient=here.patient, said=a_goal(title="Sleep beside Ana again"), by=here.staff["TH"], at=LATER)
    Review.objects.create(
        **about(here.patient, here.staff["RX"], LATER), enrolment=here.patient.enrolments.get(), after_doses=4,
        choice="continue", reason="Drinks again, said his sister", facts=[],
    )  # fmt: skip
    assert "Goal: Sleep beside Ana again" in said(here, "aims")
    signed(here)
    agrees_to_the_referrer(here)
    row = actions.write_letter(patient=here.patient, to="referrer", by=here.staff["RX"], at=LATER)
    words = str(row.body)
    assert GOALS in words
    for kept_back in ("Ana", FIVE["level-1"], "Drinks again"):
        assert kept_back not in words


def text_of(pdf: bytes) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed here")
    return subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()


def test_a_letter_goes_to_the_referrer_and_to_the_family_doctor_where_the_patient_agrees(here: Planned):
    with pytest.raises(Refused, match="has not been signed"):
        actions.write_letter(patient=here.patient, to="referrer", by=here.staff["RX"], at=LATER)
    signed(here)
    agrees_to_the_referrer(here)
    row = actions.write_letter(patient=here.patient, to="referrer", by=here.staff["RX"], at=LATER)
    assert row.body["to"] == ["Dr Paul Nkemelu"]
    with pytest.raises(Refused, match="This version has gone"):
        actions.write_letter(patient=here.patient, to="referrer", by=here.staff["RX"], at=LATER)
    with pytest.raises(Refused, match="Nobody is known"):
        actions.write_letter(patient=here.patient, to="gp", by=here.staff["RX"], at=LATER)
    for agrees, expected in ((False, False), (True, True)):
        actions.say_family_doctor(
            patient=here.patient, name="Dr Hale", address="2 High Street", agrees=agrees, by=here.staff["FD"], at=LATER
        )
        found = queries.gathered(here.patient, at=LATER, zone=here.clinic.zone)
        assert ("gp" in queries.addressees(found)) is expected


def test_the_pdf_says_what_a_colleague_needs_and_no_more(here: Planned):
    signed(here)
    agrees_to_the_referrer(here)
    actions.write_letter(patient=here.patient, to="referrer", by=here.staff["RX"], at=LATER)
    people.relate(patient=here.patient, user=here.user("RC"), kind="referrer", by=here.staff["RN"], at=AT)
    address = reverse("care-plan-letter-pdf", args=[here.patient.pk, "referrer"])
    answer = browser(here.staff["RC"]).get(address)
    assert answer["Content-Type"] == "application/pdf"
    text = " ".join(text_of(answer.content).split())
    for expected in ("Dr Paul Nkemelu", "Jo Reed, born 14-Jul-1985", "ketamine (racemic), IV, 0.5 mg/kg", "lorazepam"):
        assert expected in text
    assert "If it does not help" in text
    for kept_back in ("Warning", "Chase", "suicide risk"):
        assert kept_back not in text
    assert Line.objects.filter(verb="care_plan.letter.print").count() == 1
    gp = reverse("care-plan-letter-pdf", args=[here.patient.pk, "gp"])
    assert browser(here.staff["RC"]).get(gp).status_code == 403
    assert browser(here.staff["RX"]).get(gp).status_code == 404


def test_h39_a_training_clinic_shows_the_letter_whole_and_prints_nothing(here: Planned, monkeypatch):
    signed(here)
    agrees_to_the_referrer(here)
    letter = actions.write_letter(patient=here.patient, to="referrer", by=here.staff["RX"], at=LATER)
    monkeypatch.setattr(type(here.clinic), "is_training", property(lambda _: True, lambda *_: None))
    answer = browser(here.staff["RX"]).get(reverse("care-plan-letter-pdf", args=[here.patient.pk, "referrer"]))
    page = answer.content.decode()
    rows = [row["label"] for section in letter.body["sections"] for row in section["rows"]]
    for words in ("TRAINING", *letter.body["to"], *letter.body["asked"], *rows):
        assert words in unescape(page)


def test_a_later_letter_says_which_one_it_replaces(here: Planned):
    signed(here)
    agrees_to_the_referrer(here)
    actions.write_letter(patient=here.patient, to="referrer", by=here.staff["RX"], at=LATER)
    a_dose_visit(here, AT + timedelta(days=3), 2)
    signed(here, LATER + timedelta(minutes=5))
    row = actions.write_letter(patient=here.patient, to="referrer", by=here.staff["RX"], at=LATER + timedelta(days=1))
    assert (row.version.number, row.body["replaces"]) == (2, "14-Jul-2026")


def test_the_family_doctor_is_asked_for_with_whether_we_may_write(here: Planned):
    client, address = browser(here.staff["FD"]), reverse("family-doctor", args=[here.patient.pk])
    assert client.post(address, once(name="Dr Hale")).status_code == 422
    assert client.post(address, once(name="")).status_code == 422
    assert client.post(address, once(none="on")).status_code == 302
    assert said(here, "people")["Family doctor (GP)"] == "Has none"
    with pytest.raises(Refused, match="too long"):
        actions.say_family_doctor(
            patient=here.patient, name="D" * 201, address="", agrees=True, by=here.staff["FD"], at=LATER
        )
