"""Clearances: asked, answered by link or from paper, signed twice where two must, expired and taken back (H14)."""

from __future__ import annotations

from datetime import date, timedelta
from importlib import import_module

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ketacare.clinic.audit.models import Line
from ketacare.clinic.candidacy import access, actions, queries, tasks
from ketacare.clinic.candidacy.actions.clearance import keep
from ketacare.clinic.candidacy.models import Choice, ClearanceAnswer, ClearanceRequest, RequestState, Source, Verdict
from ketacare.clinic.candidacy.tests.factories import (
    a_clearance,
    a_request,
    an_answer,
    everything_known,
    held_back,
    some_medicines,
)
from ketacare.clinic.candidacy.views.clearance import words_of, written
from ketacare.clinic.candidacy.views.planned import without_figures
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.duties.models import Consequence
from ketacare.clinic.people.access import NotAllowed, NotHere
from ketacare.clinic.people.tests.factories import AT, a_clinic, a_patient, browser, just_confirmed, once, someone
from ketacare.clinic.tenancy.actions import SomeFailed, found_clinic
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.candidacy.reader import shipped
from ketacare.medicine.candidacy.terms import Signatures
from ketacare.medicine.evidence.terms import Effect

pytestmark = pytest.mark.django_db
BORN = "1985-07-14"
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def at_noon(monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT + timedelta(minutes=5))


def said(days=90, verdict=Verdict.CLEARED, **more):
    return actions.Opinion(verdict, words="Stable", until=AT.date() + timedelta(days=days), **more)


def reason_for(patient, criterion, *, at=AT + timedelta(minutes=1)):
    reasons = queries.answer_so_far(patient, at=at, zone="America/New_York").decision.reasons
    return next(reason for reason in reasons if reason.criterion == criterion)


def link(row):
    return reverse("clearance-link", args=[access.clearance_token(row)])


def test_asking_names_what_is_asked_and_opens_a_duty(patient, prescriber):
    row = a_request(patient, prescriber)
    assert [item["id"] for item in row.criteria] == ["CI-07"]
    duty = owed.open_for(patient, "clearance.waits").get()
    assert duty.owner_role == "RX"
    assert patient.pk.hex not in duty.title


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"criteria": []}, "criteria"),
        ({"criteria": ["CI-99"]}, "criteria"),
        ({"specialty": " "}, "specialty"),
        ({"to_name": ""}, "to_name"),
        ({"question": ""}, "question"),
    ],
)
def test_an_asking_without_its_parts_is_refused_and_nothing_kept(patient, prescriber, changed, field):
    told = {"criteria": ["CI-07"], "specialty": "Cardiology", "to_name": "Dr Lee", "question": "Stable?"}
    held_back(patient, prescriber)
    with pytest.raises(Refused) as refused:
        actions.ask_clearance(patient=patient, by=prescriber, at=AT, **(told | changed))
    assert refused.value.refusals[0].field == field
    assert not ClearanceRequest.objects.exists()


def test_who_may_ask_sign_and_countersign(clinic, patient, prescriber):
    nurse, director = someone(clinic, "RN"), someone(clinic, "MD")
    row = a_clearance(patient, prescriber)
    for act in (
        lambda: actions.renew_link(a_request(patient, prescriber), by=nurse, at=AT),
        lambda: actions.record_clearance(
            patient=patient, criterion="CI-07", said=said(), signatures=Signatures.PRESCRIBER, by=nurse, at=AT
        ),
        lambda: actions.countersign(row, words="", by=prescriber, at=AT),
        lambda: actions.withdraw_clearance(row, reason="x", by=nurse, at=AT),
    ):
        with pytest.raises(NotAllowed):
            act()
    elsewhere = someone(a_clinic("South", organisation=clinic.organisation), "RX")
    with pytest.raises(NotHere):
        actions.withdraw_clearance(row, reason="x", by=elsewhere, at=AT)
    assert director.role == "MD"


def test_h14_a_clearance_lifts_until_its_last_day_and_no_longer(patient, prescriber):
    everything_known(patient, prescriber)
    held_back(patient, prescriber, AT + timedelta(seconds=1))
    assert reason_for(patient, "CI-07", at=AT + timedelta(minutes=1)).holds_back
    a_clearance(patient, prescriber, at=AT + timedelta(minutes=1))
    last = AT + timedelta(days=90)
    assert not reason_for(patient, "CI-07", at=last).holds_back
    assert reason_for(patient, "CI-07", at=last + timedelta(days=1)).holds_back


def test_h14_a_clearance_given_in_the_evening_lifts_the_same_evening(patient, prescriber):
    """At 21:00 in New York it is tomorrow already where times are stored; the day is the clinic's."""
    everything_known(patient, prescriber)
    evening = AT.replace(hour=1) + timedelta(days=1)
    a_clearance(patient, prescriber, at=evening)
    assert not reason_for(patient, "CI-07", at=evening + timedelta(minutes=1)).holds_back


def test_the_directors_second_name_is_waited_for(clinic, patient, prescriber):
    director = someone(clinic, "MD")
    an_answer(patient, prescriber, name="opioid_disorder_on_agonist", answer="yes")
    an_answer(patient, prescriber, name="diagnosis", answer="depression after birth")
    row = actions.record_clearance(
        patient=patient, criterion="CI-39", said=said(), signatures=Signatures.WITH_DIRECTOR, by=prescriber, at=AT
    )
    assert owed.open_for(patient, "clearance.second_name").get().owner_role == "MD"
    assert queries.standing(row, AT.date(), {"CI-39": Signatures.WITH_DIRECTOR}).waits_for_director
    assert reason_for(patient, "CI-39").holds_back
    actions.record_clearance(
        patient=patient, criterion="IND-09", said=said(), signatures=Signatures.WITH_DIRECTOR, by=prescriber, at=AT
    )
    signed = actions.countersign(row, words="", by=director, at=AT)
    assert (signed.signatures, signed.amends) == (Signatures.WITH_DIRECTOR, row)
    assert owed.open_for(patient, "clearance.second_name").get().why.startswith("IND-09"), "the other still waits"
    assert not reason_for(patient, "CI-39").holds_back
    with pytest.raises(Refused, match="second name"):
        actions.countersign(signed, words="", by=someone(clinic, "MD"), at=AT)


@pytest.mark.parametrize("how", ["taken back", "ended"])
def test_what_gives_nothing_any_more_waits_for_no_second_name(patient, prescriber, how):
    an_answer(patient, prescriber, name="opioid_disorder_on_agonist", answer="yes")
    told = {"patient": patient, "criterion": "CI-39", "signatures": Signatures.WITH_DIRECTOR, "by": prescriber}
    row = actions.record_clearance(said=said(), at=AT, **told)
    assert owed.open_for(patient, "clearance.second_name").count() == 1
    if how == "taken back":
        actions.withdraw_clearance(row, reason="Given up", by=prescriber, at=AT)
    else:
        actions.tell_end(queries.ClearanceEnd(row, row.until), by=prescriber, at=AT + timedelta(days=400))
    assert not owed.open_for(patient, "clearance.second_name").exists()


@pytest.mark.parametrize(
    "how", ["said anew alone", "said anew for two", "the one before is taken back", "it is signed"]
)
def test_a_second_name_stays_owed_while_the_newest_word_waits_for_it(clinic, patient, prescriber, how):
    an_answer(patient, prescriber, name="opioid_disorder_on_agonist", answer="yes")
    told = {"patient": patient, "criterion": "CI-39", "said": said(), "by": prescriber}
    first = actions.record_clearance(at=AT, signatures=Signatures.WITH_DIRECTOR, **told)
    alone = Signatures.PRESCRIBER if how == "said alone" else Signatures.WITH_DIRECTOR
    newer = actions.record_clearance(at=AT + timedelta(minutes=1), signatures=alone, **told)
    later = {"at": AT + timedelta(minutes=2)}
    if how == "the one before is taken back":
        actions.withdraw_clearance(first, reason="Twice", by=prescriber, **later)
    elif how == "it is signed":
        actions.countersign(first, words="", by=someone(clinic, "MD"), **later)
    assert owed.open_for(patient, "clearance.second_name").count() == 1
    actions.countersign(newer, words="", by=someone(clinic, "MD"), at=AT + timedelta(minutes=3))
    assert not owed.open_for(patient, "clearance.second_name").exists()


def test_nobody_signs_twice_for_the_same_thing(clinic, patient):
    both = someone(clinic, "MD")
    an_answer(patient, someone(clinic, "RX"), name="opioid_disorder_on_agonist", answer="yes")
    row = actions.record_clearance(
        patient=patient, criterion="CI-39", said=said(), signatures=Signatures.WITH_DIRECTOR, by=both, at=AT
    )
    with pytest.raises(Refused, match="yourself"):
        actions.countersign(row, words="", by=both, at=AT)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"said": actions.Opinion(Verdict.CLEARED, words="x")}, "until-CI-07"),
        ({"said": actions.Opinion(Verdict.CLEARED, words="x", until=date(2020, 1, 1))}, "until-CI-07"),
        ({"said": actions.Opinion(Verdict.CLEARED, words="x", until=date(2027, 7, 16))}, "until-CI-07"),
        ({"said": said(verdict=Verdict.CONDITIONS)}, "conditions-CI-07"),
        ({"said": actions.Opinion(Verdict.CLEARED, until=date(2099, 1, 1))}, "words"),
        ({"given_by": ""}, "given_by"),
        ({"criterion": "CI-77"}, "criterion"),
    ],
)
def test_a_clearance_without_its_parts_is_refused_and_nothing_kept(patient, prescriber, wrong, field):
    with pytest.raises(Refused) as refused:
        a_clearance(patient, prescriber, **wrong)
    assert field in [fault.field for fault in refused.value.refusals]
    assert not ClearanceAnswer.objects.exists()


def test_taken_back_it_lifts_nothing_and_stays_readable(patient, prescriber):
    row = a_clearance(patient, prescriber)
    gone = actions.withdraw_clearance(row, reason="New finding", by=prescriber, at=AT)
    assert queries.given(patient) == ()
    assert (gone.amends, queries.standing(gone, AT.date(), {}).state) == (row, "Taken back")
    with pytest.raises(Refused):
        actions.withdraw_clearance(row, reason="again", by=prescriber, at=AT)


@pytest.mark.parametrize(
    ("days", "state", "holds"),
    [(0, "Ends soon", True), (14, "Ends soon", True), (15, "In date", True), (-1, "Ended", False)],
)
def test_each_clearance_says_how_it_stands(patient, prescriber, days, state, holds):
    row = a_clearance(patient, prescriber)
    shown = queries.standing(row, row.until - timedelta(days=days), {})
    assert (shown.state, shown.holds) == (state, holds)


def a_heart_attack(patient, by, days_ago, at=AT):
    on = (at - timedelta(days=days_ago)).date().isoformat()
    an_answer(patient, by, name="cardiovascular_event_on", answer=on, at=at, source=Source.CLINICIAN)


BY_A_CARDIOLOGIST = {"criterion": "CI-07", "signatures": Signatures.WITH_SPECIALIST, "given_by": "Dr Lee"}


def test_h14_a_clearance_counts_no_longer_than_the_part_of_the_row_that_is_met(patient, prescriber):
    """CI-07: 365 days, and 90 while a heart attack is less than a year ago."""
    everything_known(patient, prescriber, cardiovascular_event_on=(AT - timedelta(days=200)).date().isoformat())
    told = {"patient": patient, "by": prescriber, **BY_A_CARDIOLOGIST}
    with pytest.raises(Refused, match="CI-07 is cleared for 90 days at most, as it stands now"):
        actions.record_clearance(**told, said=said(300), at=AT + timedelta(minutes=1))
    actions.record_clearance(**told, said=said(90), at=AT + timedelta(minutes=2))
    assert not reason_for(patient, "CI-07", at=AT + timedelta(minutes=3)).holds_back


def test_h14_what_the_judgement_has_ended_is_not_shown_as_in_date(patient, prescriber, monkeypatch):
    everything_known(patient, prescriber)
    row = a_clearance(patient, prescriber)
    page = reverse("clearances", args=[patient.pk])
    assert "In date" in browser(prescriber).get(page).content.decode()
    later = AT + timedelta(days=20)
    a_heart_attack(patient, prescriber, 2, at=later)
    monkeypatch.setattr("ketacare.web.clock.now", lambda: later)
    text = browser(prescriber).get(page).content.decode()
    assert "In date" not in text
    happened = (later - timedelta(days=2)).date()
    assert f"Clearance of {AT:%d-%b-%Y} is older than what happened on {happened:%d-%b-%Y}: ask again" in text
    assert reason_for(patient, "CI-07", at=later).holds_back
    assert row.until > later.date()


def test_a_clearance_that_the_row_ends_sooner_says_until_when_it_counts(patient, prescriber, monkeypatch):
    """Cleared for a year, for the series: where one is entered it counts 90 days (RUL-10, WK-01)."""
    everything_known(patient, prescriber)
    some_medicines(patient, prescriber, {"name": "methadone", "as_needed": False, "stable_days": 900}, at=AT + MINUTE)
    told = {"patient": patient, "by": prescriber, "criterion": "INT-03", "signatures": Signatures.PRESCRIBER}
    actions.record_clearance(**told, said=said(360), at=AT + timedelta(minutes=2))
    later = AT + timedelta(days=20)
    monkeypatch.setattr("ketacare.web.clock.now", lambda: later)
    text = browser(prescriber).get(reverse("clearances", args=[patient.pk])).content.decode()
    assert f"Counts until <b>{AT + timedelta(days=90):%d-%b-%Y}</b>" in text
    ten, before_seven = AT + timedelta(days=77), AT + timedelta(days=77, hours=-4)
    hours = (ten - timedelta(days=2), before_seven, ten, ten + timedelta(hours=1))
    assert [tasks.tell_ends(when) for when in hours] == [0, 0, 1, 0], "down at seven, told when it runs again"
    (soon,) = owed.open_for(patient, queries.ENDS_SOON)
    assert f"holds until {AT + timedelta(days=90):%d-%b-%Y}" in soon.why
    assert tasks.tell_ends(AT + timedelta(days=91)) == 1
    (ended,) = owed.open_for(patient, queries.ENDED)
    assert f"held until {AT + timedelta(days=90):%d-%b-%Y}" in ended.why
    assert tasks.tell_ends(AT + timedelta(days=350)) == 0


def test_h14_a_letter_that_did_not_know_of_a_heart_attack_ends_when_it_is_told(patient, prescriber):
    everything_known(patient, prescriber)
    a_clearance(patient, prescriber)
    later = AT + timedelta(days=20)
    assert reason_for(patient, "CI-07", at=later).cleared
    a_heart_attack(patient, prescriber, 170, at=later)
    found = reason_for(patient, "CI-07", at=later)
    assert found.holds_back
    assert found.words.endswith(f"is older than what was found on {later:%d-%b-%Y}: ask again")


def test_h14_a_letter_about_a_stable_disease_lifts_no_unstable_one(patient, prescriber, monkeypatch):
    everything_known(patient, prescriber)
    assert a_clearance(patient, prescriber).given_for == Effect.CLEAR
    later = AT + timedelta(days=20)
    for source in (Source.PATIENT, Source.CLINICIAN):
        an_answer(patient, prescriber, "coronary_disease", "unstable angina", source=source, at=later)
    found = reason_for(patient, "CI-07", at=later)
    assert (found.effect, found.cleared) == (Effect.STOP, False)
    monkeypatch.setattr("ketacare.web.clock.now", lambda: later)
    text = browser(prescriber).get(reverse("clearances", args=[patient.pk])).content.decode()
    assert f"Clearance of {AT:%d-%b-%Y} is older than what was found on {later:%d-%b-%Y}" in text
    anew = {"patient": patient, "by": prescriber, **BY_A_CARDIOLOGIST, "said": said(60)}
    assert actions.record_clearance(**anew, at=later + timedelta(minutes=1)).given_for == Effect.STOP
    assert reason_for(patient, "CI-07", at=later + timedelta(minutes=2)).cleared


# -- several words together -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("claimed", ["P+MD+guardian+spec", "MD", ""])
def test_h14_nobody_signs_in_the_name_of_others(patient, prescriber, claimed):
    """What is posted by hand claims no more than what the form offers."""
    an_answer(patient, prescriber, name="opioid_disorder_on_agonist", answer="yes")
    told = {"criterion": "CI-39", "signatures": claimed, "verdict": "cleared", "until": "2026-10-01", "words": "Stable"}
    answer = browser(prescriber).post(reverse("clearance-record", args=[patient.pk]), once(**told, given_by="Dr Lee"))
    assert answer.status_code == 422
    assert not ClearanceAnswer.objects.exists()
    assert reason_for(patient, "CI-39").holds_back


def test_ado_01_the_word_of_each_is_recorded_by_itself_and_together_they_lift(clinic, prescriber):
    child = a_patient(someone(clinic, "FD"), born_on=date(2009, 1, 20))
    everything_known(child, prescriber, guardian_consent="no")
    told = {"patient": child, "criterion": "CI-66", "said": said(), "by": prescriber, "at": AT}
    both = actions.record_clearance(**told, signatures=Signatures.WITH_DIRECTOR)
    actions.record_clearance(**told, signatures=Signatures.WITH_SPECIALIST, given_by="Dr Lee, child psychiatry")
    page = browser(prescriber).get(reverse("clearances", args=[child.pk])).content.decode()
    assert "Waits for the medical director" in page
    assert "the guardian" in page
    an_answer(child, prescriber, name="guardian_consent", answer="yes", settles=True, at=AT + timedelta(seconds=1))
    assert reason_for(child, "CI-66").holds_back, "the director has not signed"
    actions.countersign(both, words="", by=someone(clinic, "MD"), at=AT)
    lifted = reason_for(child, "CI-66")
    assert (lifted.cleared, lifted.holds_back) == (True, False)


def test_a_specialists_word_where_two_of_the_clinic_must_sign_is_not_shown_as_in_date(patient, prescriber):
    row = a_clearance(patient, prescriber)
    shown = queries.standing(row, AT.date(), {"CI-07": Signatures.WITH_DIRECTOR})
    assert (shown.state, shown.holds, shown.waits_for_director) == ("Not enough by itself", False, False)


@pytest.mark.parametrize("mark", [Signatures.PRESCRIBER, Signatures.WITH_DIRECTOR])
def test_h14_a_word_that_lifts_nothing_is_not_shown_as_in_date(patient, prescriber, mark):
    """A row that asks for a specialist: nobody else's word is enough, and no director owes a signature for it."""
    held_back(patient, prescriber)
    row = keep(patient, "CI-07", said(), mark, "Dr Grey", by=prescriber, at=AT + MINUTE)  # as the form once took it
    shown = queries.standing(row, AT.date(), {"CI-07": Signatures.WITH_SPECIALIST})
    assert (shown.state, shown.holds, shown.waits_for_director) == ("Not enough by itself", False, False)
    page = browser(prescriber).get(reverse("clearances", args=[patient.pk])).content.decode()
    assert "Not enough by itself" in page
    assert "In date" not in page


@pytest.mark.parametrize("mark", [Signatures.PRESCRIBER, Signatures.WITH_DIRECTOR])
def test_h14_a_word_that_cannot_suffice_is_neither_offered_nor_taken(patient, prescriber, mark):
    held_back(patient, prescriber)
    page = browser(prescriber).get(reverse("clearances", args=[patient.pk])).content.decode()
    assert 'value="P+spec"' in page
    assert f'value="{mark}"' not in page
    with pytest.raises(Refused, match="specialist"):
        a_clearance(patient, prescriber, signatures=mark)
    assert not owed.open_for(patient, "clearance.second_name").exists()


def test_rul_13_a_clearance_about_medicines_is_about_those_taken_when_it_was_given(patient, prescriber):
    some_medicines(patient, prescriber, "phenelzine", at=AT)
    row = actions.record_clearance(
        patient=patient, criterion="INT-10", said=said(), signatures=Signatures.WITH_DIRECTOR, by=prescriber, at=AT
    )
    actions.countersign(row, words="", by=someone(patient.clinic, "MD"), at=AT)
    assert [one.about for one in queries.given(patient)] == [("phenelzine",)]
    assert reason_for(patient, "INT-10").cleared
    some_medicines(patient, prescriber, "phenelzine", "tranylcypromine", at=AT + timedelta(seconds=5))
    found = [one for one in reasons_now(patient) if one.criterion == "INT-10"]
    assert {one.cleared for one in found} == {False}
    assert "is not about tranylcypromine" in found[0].words


def reasons_now(patient):
    at = AT + timedelta(minutes=1)
    return queries.answer_so_far(patient, at=at, zone="America/New_York").decision.reasons


# -- the link ---------------------------------------------------------------------------------------------------------


def test_the_link_shows_nobody_before_the_date_of_birth(patient, prescriber):
    row = a_request(patient, prescriber)
    page = Client().get(link(row)).content.decode()
    assert "date of birth" in page
    assert "Reed" not in page
    assert "coronary" not in page.lower()


def answer_of(row, client=None, **fields):
    client = client or Client()
    opened = client.post(link(row), once(born_on=BORN))
    assert (opened.status_code, opened["Location"]) == (303, link(row))
    told = {"verdict-CI-07": "conditions", "conditions-CI-07": "Pressure under 140", "until-CI-07": "2026-12-31"}
    return client.post(link(row), once(**(told | {"given_by": "Dr Lee, cardiologist"} | fields)))


@pytest.mark.parametrize("typed", ["14-Jul-1985", "14 Jul 1985", "1985-7-14"])
def test_the_date_of_birth_is_taken_as_the_letter_writes_it(patient, prescriber, typed):
    row, client = a_request(patient, prescriber), Client()
    assert client.post(link(row), once(born_on=typed)).status_code == 303
    assert "REED" in client.get(link(row)).content.decode()
    assert "REED" not in Client().get(link(row)).content.decode()  # the address alone shows nobody


@pytest.mark.parametrize("typed", ["", "soon", "07/14/1985", "Jul 1985"])
def test_what_is_no_day_is_told_with_an_example_and_is_no_try(patient, prescriber, typed):
    row = a_request(patient, prescriber)
    page = Client().post(link(row), once(born_on=typed))
    assert page.status_code == 422
    assert "Write it as 14-Mar-1968, as in the letter, or 1968-03-14." in page.content.decode()
    row.refresh_from_db()
    assert row.wrong_tries == 0


def test_the_specialist_answers_once_without_an_account(patient, prescriber):
    row = a_request(patient, prescriber)
    assert "Thank you" in answer_of(row).content.decode()
    given = ClearanceAnswer.objects.get()
    assert (given.verdict, given.conditions, given.until) == ("conditions", "Pressure under 140", date(2026, 12, 31))
    assert (given.signatures, given.recorded_by) == (Signatures.WITH_SPECIALIST, None)
    row.refresh_from_db()
    assert row.state == RequestState.ANSWERED
    assert not owed.open_for(patient, "clearance.waits").exists()
    assert owed.open_for(patient, "clearance.arrived").get().owner_role == "RX"
    assert Client().get(link(row)).status_code == 410


def test_an_incomplete_answer_keeps_what_was_typed_and_saves_nothing(patient, prescriber):
    row = a_request(patient, prescriber)
    page = answer_of(row, **{"conditions-CI-07": "", "given_by": ""})
    assert page.status_code == 422
    text = page.content.decode()
    assert "Write what must be observed." in text
    assert "Write your name and profession." in text
    assert "2026-12-31" in text
    assert not ClearanceAnswer.objects.exists()


def test_five_wrong_dates_lock_the_link_and_a_new_one_opens(patient, prescriber):
    row, client = a_request(patient, prescriber), Client()
    for left in ("4 tries are", "3 tries are", "2 tries are", "One try is"):
        page = client.post(link(row), once(born_on="1999-01-01"))
        assert f"{left} left" in page.content.decode()
    assert "This link is locked" in client.post(link(row), once(born_on="02-Jan-1999")).content.decode()
    assert client.post(link(row), once(born_on=BORN)).status_code == 410
    renewed = actions.renew_link(row, by=prescriber, at=AT)
    assert Client().get(link(row)).status_code == 404
    assert Client().get(link(renewed)).status_code == 200


def test_a_link_ends_with_its_time_and_with_the_asking(patient, prescriber, monkeypatch):
    row = a_request(patient, prescriber)
    monkeypatch.setattr("ketacare.web.clock.now", lambda: row.link_until + timedelta(seconds=1))
    assert "This link has ended" in Client().get(link(row)).content.decode()
    actions.withdraw_request(row, by=prescriber, at=AT)
    assert "no longer asks" in Client().get(link(row)).content.decode()
    assert not owed.open_for(patient, "clearance.waits").exists()
    with pytest.raises(Refused, match="ended already"):
        actions.renew_link(row, by=prescriber, at=AT)


def test_a_forged_link_and_another_requests_actor_open_nothing(patient, prescriber):
    row = a_request(patient, prescriber)
    other = a_request(patient, prescriber)
    assert Client().get(reverse("clearance-link", args=["nothing.here"])).status_code == 404
    from ketacare.clinic.links.access import link_actor

    with pytest.raises(NotAllowed):
        actions.answer_by_link(row, said={}, given_by="x", by=link_actor(other), at=AT)
    with pytest.raises(NotAllowed):
        actions.answer_by_link(row, said={}, given_by="x", by=prescriber, at=AT)


# -- the pages --------------------------------------------------------------------------------------------------------


def test_the_page_offers_what_may_be_cleared_and_keeps_what_is_typed(patient, prescriber):
    client, here = browser(prescriber), reverse("clearances", args=[patient.pk])
    everything_known(patient, prescriber)
    assert "Nothing waits for a clearance" in client.get(here).content.decode()
    held_back(patient, prescriber, AT + timedelta(minutes=1))
    assert "CI-07" in client.get(here).content.decode()
    refused = client.post(reverse("clearance-ask", args=[patient.pk]), once(criteria="CI-07", to_name="Dr Lee"))
    assert refused.status_code == 422
    assert "Dr Lee" in refused.content.decode()


def test_the_letter_is_a_pdf_that_names_the_patient_only_inside(patient, prescriber):
    row = a_request(patient, prescriber)
    address = reverse("clearance-letter", args=[patient.pk, row.pk])
    answer = browser(prescriber).get(address)
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    assert "reed" not in address.lower()


def test_the_letter_asks_in_plain_words_and_says_what_is_planned(patient, prescriber):
    """What a cardiologist must know: the finding, the treatment and by how much it raises the pressure; no rule or
    code of ours."""
    held_back(patient, prescriber)
    an_answer(patient, prescriber, name="proposed_product", answer="racemic ketamine into a vein")
    actions.record_clearance(
        patient=patient, criterion="CI-07", said=said(), signatures=Signatures.WITH_SPECIALIST, given_by="Dr Lee",
        by=prescriber, at=AT,
    )  # fmt: skip
    row = a_request(patient, prescriber)
    words = written(row, patient, "https://x.example/k/", "America/New_York", "Dr Cho", AT + MINUTE)
    told = dict(words["planned"])
    assert told["Planned treatment"] == "racemic ketamine into a vein"
    assert "systolic 3.3 mmHg, diastolic 3.2 mmHg (Riva-Posse" in told["Expected rise of blood pressure"]
    (asked,) = words["criteria"]
    assert asked["known"]
    page = answer_of(row, **{"conditions-CI-07": ""}).content.decode()
    for shown in (str(words), page):
        assert "3.3 mmHg" in shown
        assert "P+spec" not in shown
        assert "cardiology letter first" not in shown


def test_the_letter_says_how_many_rise_far_and_not_the_mean_alone(patient, prescriber):
    held_back(patient, prescriber)
    an_answer(patient, prescriber, name="proposed_product", answer="esketamine nasal spray")
    row = a_request(patient, prescriber)
    words = written(row, patient, "https://x.example/k/", "America/New_York", "Dr Cho", AT + MINUTE)
    rise = dict(words["planned"])["Expected rise of blood pressure"]
    assert "mean largest rise systolic 13.3 mmHg" in rise
    assert "8 to 19 % rose systolic by 40 mmHg or more, or diastolic by 25 mmHg or more, in the first hour" in rise


def test_of_a_dose_without_a_figure_the_letter_says_so():
    rises = [one for one in shipped().pressure.rises if one.title.startswith("Racemic IV")]
    assert without_figures(["0.5 mg/kg"], rises) == []
    said_of = without_figures(["0.5 mg/kg", "1 mg/kg", "0.75 mg/kg"], rises)
    assert said_of == ["of 1 mg/kg, 0.75 mg/kg our sheets have no figure"]
    spray = [one for one in shipped().pressure.rises if one.title.startswith("Esketamine")]
    assert without_figures(["56 mg", "84 mg"], spray) == []


def test_a_row_that_is_asked_of_somebody_says_so_beside_the_next_letter(patient, prescriber):
    row = a_request(patient, prescriber)
    page = browser(prescriber).get(reverse("clearances", args=[patient.pk])).content.decode()
    assert f"asked already of {row.to_name}, 14-Jul-2026, no answer yet" in page


def test_a_word_is_offered_with_the_rows_that_it_fits():
    def row(name, needs):
        return queries.Clearable(name, name, "", needs, lifted=False, most_days=None, effect=Effect.CLEAR)

    alone, heart = row("CI-90", Signatures.PRESCRIBER), row("CI-91", Signatures.WITH_SPECIALIST)
    assert words_of([alone, heart]) == {"P": "for CI-90", "P+spec": ""}
    assert words_of([heart]) == {"P+spec": ""}


def test_in_a_training_clinic_the_page_opens_the_link_that_no_paper_carries(patient, prescriber, monkeypatch):
    row = a_request(patient, prescriber)
    here = reverse("clearances", args=[patient.pk])
    assert link(row) not in browser(prescriber).get(here).content.decode()
    monkeypatch.setattr(type(patient.clinic), "is_training", property(lambda _: True, lambda *_: None))
    page = browser(prescriber).get(here).content.decode()
    assert link(row) in page
    assert "Letter (PDF)" not in page
    letter = reverse("clearance-letter", args=[patient.pk, row.pk])
    assert letter in page
    shown = browser(prescriber).get(letter).content.decode()
    for words in ("TRAINING", row.question, row.to_name, "What is planned", link(row)):
        assert words in shown


def test_the_director_reads_before_signing(clinic, patient, prescriber):
    an_answer(patient, prescriber, name="opioid_disorder_on_agonist", answer="yes")
    an_answer(patient, prescriber, name="diagnosis", answer="depression after birth")
    row = actions.record_clearance(
        patient=patient, criterion="CI-39", said=said(), signatures=Signatures.WITH_DIRECTOR, by=prescriber, at=AT
    )
    client = just_confirmed(browser(someone(clinic, "MD")))
    address = reverse("clearance-countersign", args=[patient.pk, row.pk])
    assert "Stable" in client.get(address).content.decode()
    assert client.post(address, once()).status_code == 302
    assert ClearanceAnswer.objects.current().get().signatures == Signatures.WITH_DIRECTOR


def test_an_act_that_is_none_is_refused(patient, prescriber):
    row = a_request(patient, prescriber)
    address = reverse("clearance-follow", args=[patient.pk, row.pk])
    assert browser(prescriber).post(address, once(act="burn")).status_code == 422
    assert browser(prescriber).post(address, once(act="read")).status_code == 302


def test_the_outcome_follows_the_clearance(patient, prescriber):
    everything_known(patient, prescriber)
    held_back(patient, prescriber, AT + timedelta(seconds=1))
    at, zone = AT + timedelta(minutes=2), "America/New_York"
    assert queries.answer_so_far(patient, at=at, zone=zone).decision.needs_clearance
    a_clearance(patient, prescriber)
    assert not queries.answer_so_far(patient, at=at, zone=zone).decision.needs_clearance


# -- its end is told ----------------------------------------------------------------------------------------------


def duties_of(patient):
    kinds = (queries.ENDS_SOON, queries.ENDED)
    return {kind: list(owed.open_for(patient, kind)) for kind in kinds if owed.open_for(patient, kind).exists()}


def told_on(days):
    return tasks.tell_ends(AT + timedelta(days=days))


def test_h14_the_end_of_a_clearance_is_told_before_and_when_it_comes_once_each(patient, prescriber):
    row = a_clearance(patient, prescriber)
    assert (told_on(75), duties_of(patient)) == (0, {})
    assert (told_on(76), told_on(77)) == (1, 0)
    (soon,) = duties_of(patient)[queries.ENDS_SOON]
    assert (soon.owner_role, soon.link) == ("RX", queries.place_of_clearance(row))
    assert soon.due_at < soon.late_at
    assert "CI-07" in soon.why
    assert told_on(90) == 0
    assert (told_on(91), told_on(92)) == (1, 0)
    (ended,) = duties_of(patient)[queries.ENDED]
    assert (ended.owner_role, ended.consequence) == ("RX", Consequence.SAFETY)
    assert duties_of(patient).keys() == {queries.ENDED}


def test_the_clearances_of_a_clinic_are_judged_once_a_day_and_again_where_a_round_failed(
    patient, prescriber, monkeypatch
):
    """From seven o'clock on: every person with a clearance is judged, which no hourly round should do."""
    a_clearance(patient, prescriber)
    judged = []

    def counted(ends, at):
        judged.append((at.hour, [end.row.criterion for end in ends]))
        return {}

    looks = import_module("ketacare.clinic.candidacy.queries.ending")
    monkeypatch.setattr(looks, "as_judged", counted)
    midnight = AT.replace(hour=4) + timedelta(days=10)  # in the clinic, which is four hours behind
    for hour in (6, 9, 10):
        tasks.tell_ends(midnight + timedelta(hours=hour))
    tasks.tell_ends(midnight + timedelta(days=1, hours=7))
    assert [rows for _, rows in judged] == [[], ["CI-07"], [], ["CI-07"]]

    def fails(*_args):
        raise ValueError("the database is away")

    monkeypatch.setattr(looks, "as_judged", fails)
    with pytest.raises(ValueError, match="away"):
        tasks.tell_ends(midnight + timedelta(days=2, hours=8))
    monkeypatch.setattr(looks, "as_judged", counted)
    tasks.tell_ends(midnight + timedelta(days=2, hours=9))
    assert judged[-1][1] == ["CI-07"]


def test_h23_a_person_who_cannot_be_judged_keeps_nobody_elses_end_from_being_told(
    clinic, patient, prescriber, monkeypatch
):
    """What fails is said and tried again in its own clinic; every other clinic has been judged for this day."""
    other = a_patient(someone(clinic, "FD"), family="Stone")
    for one in (patient, other):
        a_clearance(one, prescriber)
    elsewhere = found_clinic(organisation=clinic.organisation, name="Harbour", zone="America/New_York")
    looks = import_module("ketacare.clinic.candidacy.queries.ending")
    answer = looks.answer_so_far

    def fails_for_one(whom, **more):
        if whom == patient:
            raise ValueError("a sheet that is gone")
        return answer(whom, **more)

    monkeypatch.setattr(looks, "answer_so_far", fails_for_one)
    monkeypatch.setattr(tasks, "_judged", {})
    at = AT.replace(hour=16) + timedelta(days=76)
    with pytest.raises(SomeFailed, match="1 of 3: ValueError"):
        tasks.tell_ends(at)
    assert duties_of(patient).keys() == duties_of(other).keys() == {queries.ENDS_SOON}, "by the day that was written"
    assert tasks._judged.keys() == {elsewhere.pk}
    monkeypatch.setattr(looks, "answer_so_far", answer)
    tasks.tell_ends(at + timedelta(hours=1))
    assert tasks._judged.keys() == {clinic.pk, elsewhere.pk}


def test_the_hourly_round_asks_no_more_for_many_clearances_of_one_person(patient, prescriber):
    def asked():
        with CaptureQueriesContext(connection) as queried:
            queries.ending(AT + timedelta(days=20), frozenset())
        return len(queried)

    a_clearance(patient, prescriber)
    one = asked()
    for fact, criterion in (("neurovascular_disease", "CI-20"), ("pulmonary_hypertension", "CI-22")):
        an_answer(patient, prescriber, fact, "yes", source="clinician")
        a_clearance(patient, prescriber, at=AT + timedelta(minutes=2), criterion=criterion)
    assert asked() == one


def test_an_end_is_not_told_after_it_was_given_anew_taken_back_or_the_person_declined(patient, prescriber):
    row = a_clearance(patient, prescriber)
    assert told_on(80) == 1
    a_clearance(patient, prescriber, at=AT + timedelta(days=80))
    assert duties_of(patient) == {}
    assert told_on(91) == 0
    again = ClearanceAnswer.objects.current().exclude(pk=row.pk).get()
    assert told_on(160) == 1
    actions.withdraw_clearance(again, reason="No angina any more", by=prescriber, at=AT + timedelta(days=161))
    assert duties_of(patient) == {}
    assert told_on(200) == 0


def test_asking_again_is_answer_enough_to_an_end(patient, prescriber):
    a_clearance(patient, prescriber)
    told_on(91)
    a_request(patient, prescriber, at=AT + timedelta(days=92))
    assert duties_of(patient) == {}


def test_an_end_is_not_told_about_somebody_who_was_declined(patient, prescriber):
    everything_known(patient, prescriber)
    a_clearance(patient, prescriber)
    actions.decide(patient=patient, choice=Choice.NO, reason="Wishes ECT", by=prescriber, at=AT + timedelta(minutes=30))
    assert told_on(91) == 0


def test_each_letter_that_was_answered_is_read_by_itself_and_once(clinic, patient, prescriber):
    first, second = (a_request(patient, prescriber, at=AT + timedelta(minutes=minute)) for minute in (1, 2))
    for row in (first, second):
        answer_of(row)
    assert queries.unread(patient) == {first.pk, second.pk}
    with pytest.raises(NotAllowed):
        actions.read_arrived(first, by=someone(clinic, "RN"), at=AT)
    client = browser(prescriber)
    here = reverse("clearances", args=[patient.pk])
    assert client.get(here).content.decode().count("I have read it and accept it") == 2
    client.post(reverse("clearance-follow", args=[patient.pk, first.pk]), once(act="read"))
    assert queries.unread(patient) == {second.pk}
    text = client.get(here).content.decode()
    assert text.count("I have read it and accept it") == 1
    assert "Coronary disease, heart attack or stent in the past" in text


def test_what_came_by_link_counts_once_a_prescriber_accepts_it(clinic, patient, prescriber):
    row = a_request(patient, prescriber)
    answer_of(row)
    (answer,) = queries.answers(patient)
    assert queries.given(patient) == ()
    assert queries.standing(answer, AT.date(), {}, queries.unread(patient)).state == "Waits for the prescriber"
    page = browser(prescriber).get(reverse("clearances", args=[patient.pk])).content.decode()
    assert "Waits for the prescriber" in page
    actions.read_arrived(row, by=prescriber, at=AT)
    (given,) = queries.given(patient)
    assert (given.criterion, given.signatures) == ("CI-07", Signatures.WITH_SPECIALIST)
    assert queries.standing(answer, AT.date(), {}, queries.unread(patient)).holds
    assert Line.objects.filter(verb="clearance.read", actor_id=prescriber.user_id).count() == 1


def said_no(patient, prescriber, words="Unstable: treat that first"):
    """A letter that was answered with a no, and read."""
    row = a_request(patient, prescriber)
    no = {"verdict-CI-07": "refused", "conditions-CI-07": "", "until-CI-07": "", "words-CI-07": words}
    answer = answer_of(row, **no)
    if answer.status_code < 400:
        actions.read_arrived(row, by=prescriber, at=AT)
    return answer.content.decode()


def test_a_no_from_outside_says_why(patient, prescriber):
    assert "Write why not, or what you would need to know first" in said_no(patient, prescriber, words=" ")


def test_a_clearance_that_was_to_come_first_and_is_read_or_taken_back_leaves_the_decision_to_somebody(
    patient, prescriber
):
    everything_known(patient, prescriber)
    actions.decide(patient=patient, choice=Choice.CLEARANCE, reason="Heart letter", by=prescriber, at=AT)
    first, second = a_request(patient, prescriber), a_request(patient, prescriber)
    answer_of(first)
    actions.read_arrived(first, by=prescriber, at=AT)
    assert not owed.open_for(patient, queries.CLEARED_ON), "another letter is out"
    actions.withdraw_request(second, by=prescriber, at=AT)
    (duty,) = owed.open_for(patient, queries.CLEARED_ON)
    assert (duty.owner_role, duty.title) == ("RX", "No clearance is waited for: decide anew, or ask for another")
    a_request(patient, prescriber)
    assert not owed.open_for(patient, queries.CLEARED_ON)


def test_after_a_no_from_outside_somebody_owes_the_next_step(patient, prescriber):
    everything_known(patient, prescriber)
    said_no(patient, prescriber)
    duty = owed.open_for(patient, "clearance.not_given").get()
    assert (duty.owner_role, duty.why) == ("RX", "CI-07: not cleared")
    a_request(patient, prescriber, at=AT + timedelta(minutes=9))
    assert not owed.open_for(patient, "clearance.not_given").exists()


def test_a_no_stays_to_be_read_after_somebody_else_said_yes(patient, prescriber, monkeypatch):
    everything_known(patient, prescriber)
    said_no(patient, prescriber)
    when = actions.Opinion(Verdict.CONDITIONS, "ECG before each dose", "Fit", AT.date() + timedelta(days=30))
    a_clearance(patient, prescriber, at=AT + timedelta(minutes=8), said=when, given_by="Dr Ray")
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT + timedelta(minutes=9))
    client = browser(prescriber)
    for page in ("clearances", "evaluation"):
        text = client.get(reverse(page, args=[patient.pk])).content.decode()
        assert "Unstable: treat that first" in text
        assert "ECG before each dose" in text


def test_a_letter_whose_link_is_locked_is_somebodys_until_it_has_a_new_one(patient, prescriber):
    row = a_request(patient, prescriber)
    client = Client()
    for _ in range(5):
        client.post(link(row), once(born_on="02-Jan-1999"))
    assert owed.open_for(patient, "clearance.locked").count() == 1
    assert "Link locked" in browser(prescriber).get(reverse("clearances", args=[patient.pk])).content.decode()
    row.refresh_from_db()
    actions.renew_link(row, by=prescriber, at=AT)
    assert not owed.open_for(patient, "clearance.locked").exists()
