"""Consent is asked for anew: for another drug or route, and before a year has passed (H14)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from ketacare.clinic.candidacy import actions, queries
from ketacare.clinic.candidacy.actions.consenting import consent_of_course
from ketacare.clinic.candidacy.queries.consenting import GIVEN_AS
from ketacare.clinic.candidacy.queries.vocabulary import PRODUCTS
from ketacare.clinic.candidacy.tests.factories import an_answer, thought_through
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.enrolment import actions as enrolment
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.models import Consent
from ketacare.clinic.people.tests.factories import AT
from ketacare.clinic.protocols.tests.factories import an_adoption
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.candidacy.reader.consent import consent
from ketacare.medicine.protocols import reader as protocols
from ketacare.medicine.protocols.reader import protocol

VEIN, NOSE, HOME = protocol("p-iv-05-2w"), protocol("p-esk-trd"), protocol("p-sl-home")


def signed(patient, by, product="racemic ketamine into a vein", at=AT):
    an_answer(patient, by, name=queries.PRODUCT.name, answer=product, at=at)
    thought_through(patient, by, at)
    return actions.give_consent(patient=patient, reason="A crisis", by=by, at=at + timedelta(minutes=1))


def asked(patient):
    return owed.open_for(patient, queries.ASK_ANEW)


@pytest.mark.parametrize("name", [name for name in protocols.PROTOCOLS if protocol(name).route != "any"])
def test_wk_21_every_course_has_a_product_that_consent_is_signed_for(name):
    assert queries.product_of(protocol(name))


@pytest.mark.parametrize("product", PRODUCTS)
def test_every_product_that_is_proposed_is_known_as_a_protocol_gives_it(product):
    drug, route = GIVEN_AS[product]
    given = {(one.drug, one.route) for one in map(protocol, protocols.PROTOCOLS)}
    assert (drug, route) in given
    assert str(PRODUCTS[product]) == route


@pytest.mark.parametrize(
    ("words", "given", "another"),
    [
        ("racemic ketamine into a vein; told", VEIN, False),
        ("racemic ketamine into a vein; told", NOSE, True),
        ("racemic ketamine under the tongue", VEIN, True),
        ("esketamine nasal spray; told", NOSE, False),
        ("esketamine nasal spray; told", VEIN, True),
        ("esketamine nasal spray; told", protocol("p-sc-kads"), True),
        ("racemic ketamine into a muscle; told", protocol("p-sc-kads"), True),
        ("racemic ketamine into a vein; told", protocol("p-in-rac"), True),
        ("racemic ketamine into a vein; told", protocol("p-po-1"), True),
        ("racemic ketamine by mouth; told", protocol("p-po-1"), False),
        ("racemic ketamine under the tongue; told", protocol("p-sl-kap"), False),
        ("racemic ketamine under the tongue; told", HOME, True),
        ("racemic ketamine under the tongue, at home; told", HOME, False),
        ("on paper", VEIN, False),
        ("", NOSE, False),
    ],
)
def test_a_consent_is_to_the_drug_and_the_route_that_it_names(words, given, another):
    row = Consent(words=words, given=True)
    assert bool(queries.consent_to_another(row, given)) is another


@pytest.mark.django_db
def test_h14_a_course_of_another_product_asks_for_consent_anew_within_a_day(patient, prescriber):
    signed(patient, prescriber, at=AT - timedelta(days=2))
    consent_of_course(patient, NOSE, by=prescriber, at=AT)
    (duty,) = asked(patient)
    assert duty.owner_role == "RX"
    assert duty.due_at == AT + timedelta(days=1)
    assert "racemic ketamine into a vein" in duty.why
    signed(patient, prescriber, "esketamine nasal spray", at=AT + timedelta(minutes=5))
    consent_of_course(patient, NOSE, by=prescriber, at=AT + timedelta(minutes=9))
    (duty,) = asked(patient)
    assert "counts until" in duty.why


def in_a_course(patient, by, of):
    an_adoption(patient.clinic, of.id)
    return enrolment.enrol(patient=patient, sheet_id=of.id, judgement_id=uuid4(), by=by, at=AT)


@pytest.mark.django_db
def test_h14_signing_for_the_wrong_product_again_leaves_the_duty_and_the_right_one_can_be_signed(patient, prescriber):
    signed(patient, prescriber, at=AT - timedelta(days=2))
    in_a_course(patient, prescriber, NOSE)
    consent_of_course(patient, NOSE, by=prescriber, at=AT)
    told = {"patient": patient, "reason": "A crisis", "by": prescriber}
    for minutes in (5, 6):
        at = AT + timedelta(minutes=minutes)
        actions.give_consent(**told, product="racemic ketamine into a vein", at=at)
        (duty,) = asked(patient)
        assert "racemic ketamine into a vein, and the plan is of esketamine nasal spray" in duty.why
    row = actions.give_consent(**told, at=AT + timedelta(minutes=7))
    assert row.words.startswith("esketamine nasal spray; ")
    (duty,) = asked(patient)
    assert "counts until" in duty.why
    with pytest.raises(Refused, match="No product"):
        actions.give_consent(**told, product="racemic ketamine by mouth", at=AT + timedelta(minutes=8))


@pytest.mark.django_db
def test_a_dose_at_home_has_a_consent_of_its_own_that_names_the_warnings(patient, prescriber):
    signed(patient, prescriber, "racemic ketamine under the tongue", at=AT - timedelta(days=2))
    assert not asked(patient), "no dose waits for it yet"
    in_a_course(patient, prescriber, HOME)
    home = queries.told_for(["racemic ketamine under the tongue, at home"])
    assert "home" in {element.id for element in queries.told_about(patient, home).owed}
    assert "home" not in {element.id for element in queries.told_about(patient, ("racemic",)).owed}
    row = actions.give_consent(patient=patient, reason="A crisis", by=prescriber, at=AT + timedelta(minutes=1))
    assert row.words.startswith("racemic ketamine under the tongue, at home; ")


@pytest.mark.django_db
def test_h14_before_a_year_has_passed_consent_is_asked_for_anew(patient, prescriber):
    in_a_course(patient, prescriber, VEIN)
    row = signed(patient, prescriber)
    (duty,) = asked(patient)
    zone = ZoneInfo(prescriber.zone)
    until = row.happened_at.astimezone(zone).date() + timedelta(days=365)
    assert duty.due_at == datetime.combine(until - timedelta(days=14), time(9), zone)
    assert duty.late_at == datetime.combine(until + timedelta(days=1), time(0), zone)
    actions.no_longer_accepted_for(patient, evidence=row, by=prescriber, at=AT + timedelta(minutes=2))
    assert not asked(patient)
    consent_of_course(patient, VEIN, by=prescriber, at=AT + timedelta(minutes=3))
    assert asked(patient).count() == 1, "a new course under the same consent"


@pytest.mark.django_db
def test_h14_a_course_without_a_consent_to_its_product_asks_for_one(patient, prescriber):
    told = {"patient": patient, "kind": queries.TREATMENT, "text_version": "1", "by": prescriber}
    consent_of_course(patient, VEIN, by=prescriber, at=AT)
    assert [duty.why.partition(",")[0] for duty in asked(patient)] == ["No consent is on record"]
    people.record_consent(**told, given=True, words="on paper", at=AT + timedelta(minutes=1))
    consent_of_course(patient, VEIN, by=prescriber, at=AT + timedelta(minutes=1))
    assert [duty.why.partition(",")[0] for duty in asked(patient)] == ["The consent on record does not say to what"]
    people.record_consent(**told, given=False, at=AT + timedelta(minutes=2))
    consent_of_course(patient, NOSE, by=prescriber, at=AT + timedelta(minutes=2))
    assert [duty.why.partition(",")[0] for duty in asked(patient)] == ["The consent was taken back"]


@pytest.mark.django_db
def test_h14_the_shorter_of_the_two_lists_says_until_when_a_consent_counts(patient, prescriber, monkeypatch):
    assert queries.consent_days(patient, VEIN) == 365
    half, longer = (figure(consent(), days) for days in (180, 500))
    for sheet, days in ((half, 180), (longer, 365)):
        monkeypatch.setattr("ketacare.clinic.candidacy.queries.consenting.consent_sheet", lambda _, sheet=sheet: sheet)
        assert queries.consent_days(patient, VEIN) == days


def figure(sheet, days):
    return replace(sheet, anew_after=replace(sheet.anew_after, value=Decimal(days)))


def test_the_year_is_that_of_the_workup_and_of_the_list_of_the_day():
    year = consent().anew_after
    assert (year.value, year.unit) == (365, "d")
    assert {element.id for element in consent().owed("")} >= {"anew"}
