"""What goes home on paper after a dose: its fields (treatment 6.1), in plain words, and that it was printed."""

from __future__ import annotations

from datetime import timedelta
from itertools import chain

import pytest
from django.db.models import F

from ketacare.clinic.candidacy.tests.factories import some_medicines
from ketacare.clinic.candidacy.tests.readability import english_grade, spanish_ease
from ketacare.clinic.dosing.actions import take_home as actions
from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.dosing.queries import going_home, take_home
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import browser, once, someone
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.careplan import reader

NOT_NORMAL = {
    "en": ("chest hurts", "hard to breathe", "faint", "head hurts very badly", "confused", "ending your life",
           "pass urine", "blood", "far too awake"),
    "es": ("pecho", "respirar", "desmaya", "duele mucho la cabeza", "confusión", "acabar con su vida",
           "orinar", "sangre", "demasiada energía"),
}  # fmt: skip


def sentences(language: str, topics) -> str:
    return " ".join(one.words[language] for topic in topics for one in topic.passages)


def test_what_goes_home_reads_at_eleven_or_twelve():
    """By the ruler of the letters to patients: each part, and what is said of medicines, in both languages."""
    sheet = reader.take_home()
    lines = [" ".join(words[language] for words in sheet.medicines.values()) for language in reader.LANGUAGES]
    for topic in chain(sheet.patient, sheet.escort):
        assert english_grade(sentences("en", [topic])) <= 6.5, topic.id
        assert spanish_ease(sentences("es", [topic])) >= 70, topic.id
    assert english_grade(lines[0]) <= 6.5
    assert spanish_ease(lines[1]) >= 70


def test_every_sign_that_is_not_normal_is_named_in_both_languages():
    for language, signs in NOT_NORMAL.items():
        told = sentences(language, reader.take_home().patient)
        assert [sign for sign in signs if sign not in told] == []


@pytest.fixture
def day(db, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(106))
    day = f.a_day()
    some_medicines(day.patient, day.nurse, "sertraline", "lorazepam")
    f.to_recovery(day)
    return day


def page(day, who, sheet="take-home", language=""):
    return browser(who).get(f"/sessions/{day.visit.pk}/{sheet}/", {"language": language} if language else {})


def test_h12_the_patients_sheet_says_what_was_given_and_from_when_they_may_drive_as_the_record_does(day):
    told = page(day, day.nurse).content.decode()
    clock = take_home.Sheet("en", day.nurse.zone)
    assert f"You may drive from {clock.when(going_home.drive_from(day.session))}, if you slept well" in told
    assert "ketamine 40 mg, into a vein" in told
    assert "988" in told
    assert "911" in told
    assert "MOAA" not in told
    assert "Ask us about these. <b>lorazepam</b>" in told, "nobody is told to take what makes sleepy"
    spanish = page(day, day.nurse, language="es").content.decode()
    assert 'lang="es"' in spanish
    assert "ketamina 40 mg, en una vena" in spanish
    assert "Línea 988" in spanish


def test_what_was_printed_stands_in_the_timeline_and_on_the_release_page_by_version_and_name(day):
    answer = browser(day.nurse).post(f"/sessions/{day.visit.pk}/escort-sheet/", once(language="es"))
    assert answer.status_code == 302
    row = TimelineEntry.objects.get(kind=Kind.TAKE_HOME)
    assert (row.name, row.body["language"], row.recorded_by_id) == ("escort", "es", day.nurse.user_id)
    told = browser(day.nurse).get(f"/sessions/{day.visit.pk}/release/").content.decode()
    assert f"Escort sheet printed, Spanish, sheet {reader.take_home().header.version}" in told
    assert "Ann Vale" in told


def test_i2_what_changes_after_it_was_printed_asks_for_another(day):
    release = f"/sessions/{day.visit.pk}/release/"
    browser(day.nurse).post(f"/sessions/{day.visit.pk}/take-home/", once(language="es"))
    assert "Changed since it was printed" not in browser(day.nurse).get(release).content.decode()
    Session.objects.filter(pk=day.session.pk).update(dose_ended_at=F("dose_ended_at") + timedelta(minutes=10))
    assert "Changed since it was printed" in browser(day.nurse).get(release).content.decode()


@pytest.mark.django_db
def test_the_escort_reads_until_when_to_stay_and_nothing_of_drug_or_medicines():
    day = f.a_day()
    f.to_left(day)
    left = day.session.left_at
    sheet = take_home.paper(day.session, take_home.ESCORT, "en", at=f.later(106), zone=day.nurse.zone)
    assert sheet.stay == f"Stay until {take_home.Sheet('en', day.nurse.zone).when(left + timedelta(hours=4))} at least."
    assert (sheet.given, sheet.medicines, sheet.drive) == ((), (), "")


def test_p1_front_desk_sees_no_sheet_and_an_assigned_therapist_reads_and_prints_none(day):
    therapist = someone(day.clinic, Role.TH)
    people.relate(patient=day.patient, user=day.user(therapist), kind="therapist", by=day.nurse, at=f.AT)
    assert page(day, day.desk).status_code == 403
    read = page(day, therapist)
    assert read.status_code == 200
    assert "Print</button>" not in read.content.decode()
    refused = browser(therapist).post(f"/sessions/{day.visit.pk}/take-home/", once(language="en"))
    assert refused.status_code == 403
    assert not TimelineEntry.objects.filter(kind=Kind.TAKE_HOME).exists()


def test_h39_nothing_of_a_training_clinic_is_printed(day):
    day.session.visit.clinic.is_training = True
    with pytest.raises(Refused, match="training"):
        actions.printed(session=day.session, sheet="patient", language="en", by=day.nurse, at=f.later(106))


@pytest.mark.django_db
def test_before_the_dose_has_ended_there_is_no_sheet(monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(20))
    running = f.a_day()
    f.to_running(running)
    assert page(running, running.nurse).status_code == 404


def test_the_patient_reads_the_same_words_once_home_and_not_before_nor_days_later(day, monkeypatch):
    own = someone(day.clinic, Role.PT)
    day.patient.user_id = own.user_id
    day.patient.save(update_fields=["user"])
    assert browser(own).get("/me/after-treatment/").status_code == 404
    f.make_well(day)
    f.release.let_go(session=day.session, by=day.nurse, at=f.later(105))
    told = browser(own).get("/me/after-treatment/").content.decode()
    assert "ketamine 40 mg, into a vein" in told
    assert "/me/after-treatment/" in browser(own).get("/me/").content.decode()
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(60 * 72))
    assert browser(own).get("/me/after-treatment/").status_code == 404
