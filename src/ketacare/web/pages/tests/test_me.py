"""A patient's own pages: least after a dose, both languages, consents taken back, and nobody else's record."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.test import Client
from django.urls import reverse

from ketacare.clinic.audit.models import Line
from ketacare.clinic.careplan.tests.factories import GOALS, LATER, signed
from ketacare.clinic.careplan.tests.factories import planned as planned_patient
from ketacare.clinic.dosing.models import Session, SessionState
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.duties.tests.factories import place
from ketacare.clinic.enrolment.queries import current_enrolment
from ketacare.clinic.outcomes import actions as outcomes
from ketacare.clinic.outcomes import queries
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.actions import relate
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.people.tests.factories import AT, a_clinic, a_patient, browser, once, someone, without_chance
from ketacare.clinic.planning.actions import pause_course
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety.models import Concern
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.therapy import actions as therapy
from ketacare.medicine.outcomes import rules
from ketacare.medicine.outcomes.terms import Point
from ketacare.web import clock
from ketacare.web.pages.me.care import help_lines
from ketacare.web.pages.me.door import PHRASES
from ketacare.web.pages.me.home import title_of
from ketacare.web.pages.me.plain import drawn, plain, unbroken

pytestmark = pytest.mark.django_db

PAGES = (
    "me",
    "me-help",
    "me-fine",
    "me-safety-plan",
    "me-plan",
    "me-learn",
    "me-calendar",
    "me-consents",
    "me-caregivers",
    "me-opened",
)


def its_patient(clinic, patient):
    actor = someone(clinic, Role.PT)
    patient.user = User.objects.get(pk=actor.user_id)
    patient.save()
    return actor


@pytest.fixture
def dosed(monkeypatch):
    """Left at T+100, the escort's telephone known."""
    day = f.a_day()
    f.to_recovery(day)
    f.make_well(day)
    f.release.record_criteria(
        session=day.session, facts={"escort_phone": f.known("+1 207 555 0143")}, words="", by=day.nurse, at=f.later(101)
    )
    monkeypatch.setattr(clock, "now", lambda: f.later(60))
    return day, browser(its_patient(day.clinic, day.patient))


def left(day) -> None:
    Session.objects.filter(pk=day.session.pk).update(state=SessionState.LEFT, left_at=f.later(110))
    outcomes.schedule_asks(visit=day.visit, dose_at=f.later(10), by=day.nurse, at=f.later(110))


def test_during_a_session_there_is_help_and_no_score(dosed):
    _, client = dosed
    page = without_chance(client.get(reverse("me")).content.decode())
    assert page.count("me__huge") - page.count("me__huge--help") == 2  # help, and the escort
    assert "PHQ" not in page
    assert "tel:+12075550143" in page


def test_after_it_three_words_until_the_next_morning(dosed, monkeypatch):
    day, client = dosed
    left(day)
    client.get(reverse("me"))
    # The dose began at 10:15 by the clinic's clock: that evening, then 06:59 and 07:00 of the next day.
    for now in (AT + timedelta(hours=9), datetime(2026, 7, 15, 10, 59, tzinfo=UTC)):
        monkeypatch.setattr(clock, "now", lambda now=now: now)
        page = client.get(reverse("me")).content.decode()  # nobody is asked for a password before (H11)
        assert "I am fine" in page
        assert "How it is going" not in page
        assert client.get(reverse("me-safety-plan")).status_code == 302
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 7, 15, 11, 0, tzinfo=UTC))
    assert client.get(reverse("me")).url.startswith("/account/reauthenticate/")
    tenancy.enter(organisation_id=day.clinic.organisation_id)
    page = browser(its_patient(day.clinic, day.patient)).get(reverse("me")).content.decode()
    assert "How it is going" in page
    tenancy.enter(organisation_id=day.clinic.organisation_id)


def test_after_a_dose_the_language_is_one_tap_away_and_asks_for_no_password(dosed, monkeypatch):
    day, client = dosed
    left(day)
    client.get(reverse("me"))
    monkeypatch.setattr(clock, "now", lambda: AT + timedelta(hours=9))  # the session has been left alone for hours
    page = client.get(reverse("me")).content.decode()
    assert 'name="language" value="es"' in page
    assert client.post(reverse("me-reading"), once(language="es")).url == reverse("me")
    page = client.get(reverse("me")).content.decode()
    assert "Estoy bien" in page
    assert 'name="language" value="en"' in page
    stays = {
        "/me/plan/": "/me/plan/",
        "https://elsewhere.example/me/": "/me/",
        "//elsewhere/me/": "/me/",
        "/audit/": "/me/",
    }
    for here, to in stays.items():
        assert client.post(reverse("me-reading"), once(language="en", here=here)).url == to
    tenancy.enter(organisation_id=day.clinic.organisation_id)


def test_help_from_home_tells_whoever_is_on_call_once_and_says_what_is_true(dosed, monkeypatch):
    day, client = dosed
    left(day)
    monkeypatch.setattr(clock, "now", lambda: f.later(240))
    page = client.post(reverse("me-help"), once()).content.decode()
    assert "Nobody at the clinic is reading this right now" in page
    client.post(reverse("me-help"), once())
    tenancy.enter(organisation_id=day.clinic.organisation_id)
    concern = Concern.objects.get(reason_code="called.home.1")
    assert concern.tier == 1
    safety.decide(concern, finding="Anxious", action="Talked", by=day.prescriber, at=f.later(250))
    client.post(reverse("me-help"), once())
    tenancy.enter(organisation_id=day.clinic.organisation_id)
    assert Concern.objects.filter(reason_code="called.home.2").count() == 1
    shown = browser(day.prescriber).get(f"/concerns/{concern.pk}/").content.decode()
    assert "called for help from home" in shown


def test_when_somebody_reads_is_said_by_the_clock_the_patient_lives_by(dosed, monkeypatch):
    day, client = dosed
    left(day)
    desk = someone(day.clinic, Role.FD)
    outcomes.set_wish(
        patient=day.patient, wanted=True, words="Moved west", zone="America/Denver", by=desk, at=f.later(111)
    )
    monkeypatch.setattr(clock, "now", lambda: f.later(240))
    page = client.post(reverse("me-help"), once()).content.decode()
    assert re.search(r"The clinic is open until \d\d:\d\d MDT", page)
    monkeypatch.setattr(clock, "now", lambda: f.later(20 * 60))
    page = client.post(reverse("me-help"), once()).content.decode()
    assert re.search(r"The clinic opens on [^.]+ at \d\d:\d\d MDT", page)


def test_h11_help_pressed_on_a_page_left_open_over_night_is_heard(dosed, monkeypatch):
    day, client = dosed
    left(day)
    monkeypatch.setattr(clock, "now", lambda: f.later(30 * 60))
    page = client.post(reverse("me-help"), once())
    assert page.status_code == 200
    assert 'href="tel:988"' in page.content.decode()
    tenancy.enter(organisation_id=day.clinic.organisation_id)
    assert Concern.objects.get(reason_code="called.home.1").tier == 1


def test_h11_help_pressed_by_somebody_who_had_no_dose_says_whom_to_call():
    clinic = a_clinic()
    page = browser(its_patient(clinic, a_patient(someone(clinic, Role.FD)))).post(reverse("me-help"), once())
    assert page.status_code == 200
    assert "Nobody reads this page" in page.content.decode()
    assert 'href="tel:988"' in page.content.decode()


def test_i_am_fine_sends_nothing_and_says_so(dosed, monkeypatch):
    day, client = dosed
    left(day)
    assert "Nothing was sent" in client.get(reverse("me-fine")).content.decode()
    monkeypatch.setattr(clock, "now", lambda: f.later(10 + 5 * 60))
    assert "Tell the clinic how I am" in client.get(reverse("me-fine")).content.decode()


@pytest.fixture
def own(monkeypatch):
    here = planned_patient()
    monkeypatch.setattr(clock, "now", lambda: AT + timedelta(minutes=30))
    return here, browser(its_patient(here.clinic, here.patient))


def enter(here) -> None:
    tenancy.enter(organisation_id=here.clinic.organisation_id)


def test_every_page_opens_in_both_languages_and_in_large_letters(own):
    here, client = own
    for language, word in (("en", "Help"), ("es", "Ayuda")):
        client.post(reverse("me-reading"), once(language=language, large="on"))
        for name in PAGES:
            page = client.get(reverse(name)).content.decode()
            assert f'lang="{language}"' in page
            assert word in page
            assert 'data-print="large"' in page
    client.post(reverse("me-reading"), once(large="off"))
    enter(here)
    lines = Line.objects.filter(verb__in=["me.language", "me.print"]).order_by("at", "id")
    assert sorted(lines.values_list("verb", "reason")) == [
        *(("me.language", "en"), ("me.language", "es")),
        *(("me.print", "off"), ("me.print", "on"), ("me.print", "on")),
    ]
    assert {line.patient_id for line in lines} == {here.patient.pk}
    assert "data-print" not in client.get(reverse("me")).content.decode()


def test_the_journal_and_the_small_acts_follow_the_language_that_was_chosen(own):
    _, client = own
    for language, title, acts in (("es", "Mi diario", "Pequeños pasos"), ("en", "My journal", "Small acts")):
        client.post(reverse("me-reading"), once(language=language))
        assert title in client.get(reverse("me-journal")).content.decode()
        assert acts in client.get(reverse("me-homework")).content.decode()


def test_of_therapy_they_read_their_own_plan_and_no_page_of_the_staff(own):
    """What a therapist notes, and tells the nurse, is never released; the plan for staying well is the patient's."""
    here, client = own
    therapist, desk = someone(here.clinic, Role.TH), someone(here.clinic, Role.FD)
    user = User.objects.get(pk=therapist.user_id)
    relate(patient=here.patient, user=user, kind="therapist", by=desk, at=AT)
    said = {"early_signs": "I stop answering", "helps": "The lake", "call": "My sister", "review_on": "2027-01-15"}
    said |= {"in_24_h": "Call Ana", "before": ""}
    therapy.write_relapse_plan(patient=here.patient, said=said, by=therapist, at=AT)
    for language, heading in (("es", "Mis primeras señales"), ("en", "My early signs")):
        client.post(reverse("me-reading"), once(language=language))
        page = client.get(reverse("me-staying-well")).content.decode()
        assert heading in page
        assert "I stop answering" in page
    for route in ("therapy-course", "preparation", "prepared", "goals", "patient-homework", "relapse-plan"):
        assert client.get(reverse(route, args=[here.patient.pk])).status_code in (403, 404), route


def test_they_open_for_no_other_role_and_for_no_other_record(own):
    here, _ = own
    for role in Role:
        client = browser(someone(here.clinic, role))  # a patient without a record among them
        for name in PAGES:
            assert client.get(reverse(name)).status_code in (403, 404), (role, name)
    enter(here)


def test_every_phrase_is_there_in_english_and_spanish():
    for key, words in PHRASES.catalogue.items():
        assert set(words) == {"en", "es"}, key


def test_the_care_plan_is_shown_once_it_is_signed(own):
    here, client = own
    assert "not signed yet" in client.get(reverse("me-plan")).content.decode()
    enter(here)
    signed(here)
    page = client.get(reverse("me-plan")).content.decode()
    assert GOALS in page
    assert "6 treatments from 15 July 2026" in page
    client.post(reverse("me-reading"), once(language="es"))
    assert "6 tratamientos desde el 15 de julio de 2026" in client.get(reverse("me-plan")).content.decode()


def test_h5_while_the_course_is_paused_a_dose_that_stays_booked_says_that_nobody_is_to_fast_or_come(own):
    here, client = own
    assert "Do not fast" not in client.get(reverse("me")).content.decode()
    enter(here)
    course = current_enrolment(here.patient)
    pause_course(enrolment=course, reason="Away", booked="keep", by=here.staff["FD"], at=LATER)
    assert "on hold. Do not fast or come for it" in client.get(reverse("me")).content.decode()
    enter(here)
    signed(here)
    assert "Your course is paused" in client.get(reverse("me-plan")).content.decode()


def test_a_consent_is_taken_back_with_or_without_a_reason_and_somebody_speaks_with_them(own):
    here, client = own
    f.people.record_consent(
        patient=here.patient, kind="treatment", text_version="3", given=True, by=here.staff["RX"], at=AT
    )
    address = reverse("me-consent-withdraw")
    assert "You agreed on 14 July 2026" in client.get(reverse("me-consents")).content.decode()
    assert client.post(address, once(kind="treatment", reason="x" * 501)).status_code == 422
    assert client.post(address, once(kind="treatment", reason="I am not ready")).status_code == 302
    enter(here)
    row = people.consent(here.patient, "treatment")
    assert (row.given, row.words, row.text_version) == (False, "I am not ready", "3")
    duty = Duty.objects.get(kind="consent.withdrawn")
    assert (duty.owner_role, duty.consequence) == ("RX", 2)
    assert client.post(address, once(kind="treatment")).status_code == 422
    page = client.get(reverse("me-consents")).content.decode()
    assert "Taken back on 14 July 2026" in page


def test_what_was_agreed_to_is_said_in_the_patients_language_and_nothing_that_staff_wrote_beside_it(own):
    here, client = own
    f.people.record_consent(
        patient=here.patient, kind="treatment", text_version="3", given=True, by=here.staff["RX"], at=AT,
        words="racemic ketamine into a vein, at home; told by the list of 14-Jul-2026; in a crisis",
    )  # fmt: skip
    page = client.get(reverse("me-consents")).content.decode()
    assert "You agreed on 14 July 2026. Ketamine, into a vein, at home." in page
    assert "in a crisis" not in page
    assert "racemic" not in page
    client.post(reverse("me-reading"), once(language="es"))
    assert "Ketamina, por la vena, en casa." in client.get(reverse("me-consents")).content.decode()
    enter(here)


def test_h13_danger_in_why_a_consent_is_taken_back_is_heard_and_help_comes_first(own):
    here, client = own
    give = {"kind": "treatment", "text_version": "3", "given": True, "by": here.staff["RX"]}
    f.people.record_consent(patient=here.patient, at=AT, **give)
    address, grave = reverse("me-consent-withdraw"), "I stop because I will end my life"
    long = client.post(address, once(kind="treatment", reason=grave + " x" * 300))
    assert (long.status_code, 'href="tel:988"' in long.content.decode()) == (200, True), "refused, and heard"
    enter(here)
    first = Concern.objects.get()
    assert (first.tier, first.reason_code) == (1, "words.own_page")
    sent = client.post(address, once(kind="treatment", reason=grave))
    page = client.get(sent["Location"]).content.decode()
    assert 'href="tel:988"' in page
    assert "We have told the clinic" in page
    enter(here)
    assert not people.consent(here.patient, "treatment").given
    assert Concern.objects.count() == 2
    calm = client.post(address, once(kind="treatment", reason="I am not ready"))
    assert 'href="tel:988"' not in calm.content.decode()


@pytest.mark.parametrize("field", ["name", "relation"])
def test_h13_danger_in_the_name_of_somebody_who_may_help_is_heard(own, field: str):
    here, client = own
    typed = {"name": "Kim", "relation": "sister", "days": "90", "language": "en", field: "nobody, I want to die"}
    sent = client.post(reverse("me-caregivers"), once(**typed))
    assert sent.status_code == 302
    assert 'href="tel:988"' in client.get(sent["Location"]).content.decode()
    enter(here)
    assert Concern.objects.get().reason_code == "words.own_page"
    refused = client.post(reverse("me-caregivers"), once(**(typed | {"days": ""})))
    assert (refused.status_code, 'href="tel:988"' in refused.content.decode()) == (200, True)
    enter(here)
    assert Concern.objects.count() == 1, "the same words call nobody twice"


def test_the_worker_keeps_the_safety_plan_alone_and_knows_nobody(own):
    here, client = own
    page = client.get(reverse("me-safety-plan")).content.decode()
    assert 'data-keep-plan="/me/safety-plan/"' in page
    assert "988" in page
    answer = client.get(reverse("me-worker"))
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert "Reed" not in answer.content.decode()
    enter(here)


def test_h13_the_worker_knows_the_lines_of_the_clinics_from_the_first_page_on(own):
    here, client = own
    script = Client().get(reverse("me-worker")).content.decode()
    assert '["tel:988", "988 Suicide and Crisis Lifeline: 988 / L' in script
    assert '["tel:911", "Emergency / Emergencia: 911 (the United States / Estados Unidos)"]' in script
    for page in (Client().get(reverse("account_login")), Client().get("/c/not-a-link/"), client.get(reverse("me"))):
        assert "js/offline.js" in page.content.decode()
    enter(here)


def test_h13_offline_the_country_stands_beside_each_number():
    for country in ("US", "GB", "MX"):
        place(country=country)
    place(country="FI", crisis_number="09 2525 0111", emergency_number="112")
    lines = help_lines()
    assert ("tel:0925250111", "Crisis line: 09 2525 0111 / Línea de crisis: 09 2525 0111 (FI)") in lines
    assert not any("Example clinic" in words for _, words in lines), "a telephone may be anybody's"
    assert ("tel:999", "Emergency / Emergencia: 999 (the United Kingdom / el Reino Unido)") in lines
    both = next(words for dial, words in lines if dial == "tel:911")
    assert "the United States / Estados Unidos" in both
    assert "Mexico / México" in both
    assert all(words.endswith(")") for _, words in lines)


def test_a_missing_score_breaks_the_line():
    totals = (20, 15, None, 9, None, 8, 7)
    points = [Point(AT, None if total is None else Decimal(total)) for total in totals]
    assert [[int(total) for _, total in run] for run in unbroken(points)] == [[20, 15], [8, 7]]


def test_a_score_too_soon_after_a_dose_is_no_part_of_the_line_and_not_the_last_score():
    """It is mostly about the days before that dose: another measure (instruments 1)."""
    sheet, day = queries.instrument("phq-9"), timedelta(days=1)
    scored = [Point(AT - day, Decimal(21)), Point(AT + 7 * day, Decimal(12))]
    too_soon = Point(AT + 9 * day, Decimal(8), too_soon=True)
    course = rules.trajectory(sheet, [*scored, too_soon], [AT, AT + 7.1 * day])
    assert "is 12 out of" in plain(sheet, course)[0]
    curve = drawn(sheet, course, [])
    assert curve is not None
    assert [mark.total for mark in curve.marks] == ["21", "12"]


def test_a_check_in_of_another_day_is_not_called_this_evening():
    own = SimpleNamespace(
        at=AT, day=lambda at: f"{at:%d-%b}", known=lambda key, _: key, say=lambda key, day: (key, day)
    )
    ask = SimpleNamespace(key="same_evening", due_at=AT + timedelta(hours=2))
    assert title_of(own, ask) == "ask_same_evening"
    ask.due_at = AT - timedelta(days=9)
    assert title_of(own, ask) == ("ask_of_day", f"{ask.due_at:%d-%b}")
    ask.key = "week"
    assert title_of(own, ask) == "ask_week"
