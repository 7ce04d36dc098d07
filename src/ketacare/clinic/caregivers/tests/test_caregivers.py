"""Somebody whom the patient named: sees what was agreed to, until the end, and not a byte after it was taken back."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from ketacare.clinic.audit.models import Line
from ketacare.clinic.candidacy import actions as candidacy
from ketacare.clinic.candidacy.queries import safety_plans
from ketacare.clinic.candidacy.tests.factories import a_safety_plan
from ketacare.clinic.caregivers import access, actions, queries
from ketacare.clinic.caregivers.models import ALWAYS, Caregiver
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.models import Consent, Patient, Role, User
from ketacare.clinic.people.tests.factories import AT, a_clinic, a_patient, browser, once, someone
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.models import VisitKind
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.clinic.therapy import actions as therapy

pytestmark = pytest.mark.django_db


class House:
    def __init__(self) -> None:
        self.clinic = a_clinic()
        self.staff = {str(role): someone(self.clinic, role) for role in Role}
        self.patient: Patient = a_patient(self.staff["FD"], family="Zyzzyva", given="Joanna")
        self.patient.user = User.objects.get(pk=self.staff["PT"].user_id)
        self.patient.save()
        starts = AT + timedelta(days=2)
        scheduling.book_visit(
            patient=self.patient, kind=VisitKind.DOSE, starts_at=starts, ends_at=starts + timedelta(hours=2),
            by=self.staff["FD"], at=AT,
        )  # fmt: skip
        a_safety_plan(self.patient, self.staff["RX"])

    def enter(self) -> None:
        tenancy.enter(organisation_id=self.clinic.organisation_id)

    def named(self, *agreed: str, by: str = "PT", language: str = "en", **more) -> Caregiver:
        given = {"name": "Kim", "relation": "sister", "days": 30, "at": AT} | more
        return actions.name_caregiver(
            patient=self.patient, agreed=agreed, language=language, by=self.staff[by], **given
        )

    def opened(self, row: Caregiver, **query):
        """On a device on which the birth year was given."""
        client, url = Client(), reverse("caregiver", args=[access.token_for(row)])
        client.post(url, once(birth_year="1985"))
        answer = client.get(url, query)
        self.enter()
        return answer


@pytest.fixture
def house(monkeypatch) -> House:
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT)
    return House()


def test_named_with_consent_sees_exactly_what_is_listed(house: House):
    row = house.named()
    assert row.parts == ALWAYS
    consent = Consent.objects.get(kind="caregiver")
    assert (consent.given, consent.words.startswith("Kim: Next dates")) == (True, True)
    page = house.opened(row).content.decode()
    for expected in ("Helping Joanna", "Thursday 16 July, 10:05", "Treatment", "does not drive", "988", "911"):
        assert expected in page
    for kept_back in ("Zyzzyva", "safety plan", "of 27", "/patients/"):
        assert kept_back not in page


def test_plan_and_score_only_where_the_patient_said_so(house: House):
    page = house.opened(house.named("safety_plan", "scores")).content.decode()
    plan = queries.plan_lines(house.patient)
    assert plan
    assert plan[0][1][0] in page
    assert "There is no score yet" in page
    only = house.opened(house.named("scores")).content.decode()
    assert plan[0][1][0] not in only


def test_a_later_plan_that_was_refused_takes_none_away(house: House):
    before, (made, *_) = queries.plan_lines(house.patient), safety_plans(house.patient)
    candidacy.refuse_safety_plan(
        patient=house.patient, words="Not today", after=made.number, by=house.staff["RX"], at=AT + timedelta(days=1)
    )
    assert before
    assert queries.plan_lines(house.patient) == before


def a_plan_for_staying_well(house: House) -> None:
    fields = {"early_signs": "I stop cooking", "helps": "Kim's walk\n\nMusic", "call": "The clinic, the same day",
              "in_24_h": "Sleep", "triggers": "The anniversary", "medicines": "Lamotrigine", "before": ""}  # fmt: skip
    therapist = house.staff["TH"]
    people.relate(
        patient=house.patient,
        user=User.objects.get(pk=therapist.user_id),
        kind="therapist",
        by=house.staff["FD"],
        at=AT,
    )
    said = fields | {"review_on": "2026-12-01"}
    therapy.write_relapse_plan(patient=house.patient, said=said, by=therapist, at=AT)


def test_the_plan_for_staying_well_by_consent_and_of_it_only_what_helps_a_helper(house: House):
    row = house.named("staying_well")
    assert "There is none yet" in house.opened(row).content.decode()
    a_plan_for_staying_well(house)
    page = house.opened(row).content.decode()
    for expected in (
        "Joanna&#39;s plan for staying well",
        "I stop cooking",
        "Kim&#39;s walk",
        "The clinic, the same day",
    ):
        assert expected in page
    assert queries.well_lines(house.patient)[1] == ("helps", ("Kim's walk", "Music"))
    for kept_back in ("The anniversary", "Lamotrigine", "Sleep"):
        assert kept_back not in page
    assert "Primeras señales" in house.opened(row, language="es").content.decode()
    assert "I stop cooking" not in house.opened(house.named("safety_plan", "scores")).content.decode()


def test_a_part_taken_back_is_gone_from_the_next_request_on_and_the_rest_stays(house: House):
    a_plan_for_staying_well(house)
    row = house.named("staying_well", "safety_plan")
    client, link = Client(), reverse("caregiver", args=[access.token_for(row)])
    client.post(link, once(birth_year="1985"))
    assert "I stop cooking" in client.get(link).content.decode()
    own, end = browser(house.staff["PT"]), reverse("caregiver-end", args=[house.patient.pk, row.pk])
    assert "Stop showing it" in own.get(reverse("me-caregivers")).content.decode()
    assert own.post(end, once(part="staying_well")).status_code == 302
    page = client.get(link).content.decode()
    assert "I stop cooking" not in page
    assert "safety plan" in page
    house.enter()
    row.refresh_from_db()
    assert (row.agreed, row.ended_at) == (["safety_plan"], None)
    told = Consent.objects.filter(kind="caregiver", given=False).get()
    assert told.words.startswith("Kim: The plan for staying well")
    assert Line.objects.get(verb="caregiver.part").reason == "staying_well"
    assert actions.stop_showing(caregiver=row, part="staying_well", by=house.staff["PT"], at=AT).version == row.version
    assert own.post(end, once(part="crisis")).status_code == 422
    house.enter()
    for role in ("MD", "AU", "RS"):
        with pytest.raises(NotAllowed):
            actions.stop_showing(caregiver=row, part="safety_plan", by=house.staff[role], at=AT)


def test_k1_a_forwarded_link_shows_nothing_without_the_birth_year(house: House):
    row = house.named("safety_plan", "scores")
    url, client = reverse("caregiver", args=[access.token_for(row)]), Client()
    for answer in (client.get(url), client.post(url, once(birth_year="85")), client.post(url, once(birth_year="1986"))):
        page = answer.content.decode()
        assert "Year of birth" in page
        assert "Joanna" not in page
    assert "988" in client.get(reverse("caregiver-help", args=[access.token_for(row)])).content.decode()
    house.enter()
    assert not Line.objects.filter(verb="caregiver.open").exists(), "the door is no opening"
    assert client.post(url + "?language=es", once(birth_year=" 1985 ")).headers["Location"] == url + "?language=es"
    assert "Helping Joanna" in client.get(url).content.decode()
    assert "Year of birth" in Client().get(url).content.decode(), "another device"
    other = reverse("caregiver", args=[access.token_for(house.named("scores"))])
    assert "Year of birth" in client.get(other).content.decode(), "another link"


def test_k1_five_wrong_years_lock_it_and_the_patient_sees_it(house: House):
    row = house.named()
    url, thief = reverse("caregiver", args=[access.token_for(row)]), Client()
    for year in range(1970, 1975):
        thief.post(url, once(birth_year=str(year)))
    assert thief.get(url).status_code == 410
    assert "This link is locked" in house.opened(row).content.decode(), "the right year is too late"
    assert thief.get(reverse("caregiver-help", args=[access.token_for(row)])).status_code == 200
    page = browser(house.staff["PT"]).get(reverse("me-caregivers")).content.decode()
    assert "Locked: somebody gave the wrong birth year" in page
    assert access.token_for(row) not in page
    house.enter()
    with pytest.raises(NotAllowed):
        actions.try_year(caregiver=row, year=1985, by=house.staff["PT"], at=AT)


def test_the_year_is_asked_again_after_thirty_days(house: House, monkeypatch):
    row = house.named(days=90)
    url, client = reverse("caregiver", args=[access.token_for(row)]), Client()
    client.post(url, once(birth_year="1985"))
    for days, shown in ((30, "Helping Joanna"), (31, "Year of birth")):
        monkeypatch.setattr("ketacare.web.clock.now", lambda days=days: AT + timedelta(days=days))
        assert shown in client.get(url).content.decode()


def test_k1_a_link_is_opened_within_a_day_and_then_stays_open_on_that_device(house: House, monkeypatch):
    row = house.named(days=30)
    url, kim, late = reverse("caregiver", args=[access.token_for(row)]), Client(), Client()
    kim.post(url, once(birth_year="1985"))
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT + timedelta(days=1))
    assert "Helping Joanna" in kim.get(url).content.decode()
    for answer in (late.get(url), late.post(url, once(birth_year="1985"))):
        assert answer.status_code == 410
        assert "had to be opened within a day" in answer.content.decode()
        assert "Joanna" not in answer.content.decode()
    assert late.get(reverse("caregiver-help", args=[access.token_for(row)])).status_code == 200
    page = browser(house.staff["PT"]).get(reverse("me-caregivers")).content.decode()
    new = re.search(r'value="[^"]*/caregiver/([^"/]+)/"', page)
    assert new
    assert "Year of birth" in late.get(reverse("caregiver", args=[new[1]])).content.decode()


def test_in_spanish(house: House):
    row = house.named("safety_plan", language="es")
    page = house.opened(row).content.decode()
    for expected in ("Ayudar a Joanna", "jueves 16 de julio, 10:05", "no conduce", "Señales de aviso", 'lang="es"'):
        assert expected in page
    assert "Helping Joanna" in house.opened(row, language="en").content.decode()


def test_each_opening_is_audited_as_the_caregivers_and_the_patient_sees_it(house: House):
    row = house.named()
    house.opened(row)
    line = Line.objects.get(verb="caregiver.open")
    assert (line.actor_id, line.role, line.patient_id) == (None, "", house.patient.pk)
    assert queries.openings([row]) == {row.pk: AT}
    page = browser(house.staff["PT"]).get(reverse("me-opened")).content.decode()
    assert "Kim, whom you named" in page


def test_taken_back_it_opens_nothing_at_once(house: House):
    row = house.named("safety_plan")
    token = access.token_for(row)
    assert browser(house.staff["PT"]).post(
        reverse("caregiver-end", args=[house.patient.pk, row.pk]), once()
    ).url == reverse("me-caregivers")
    for route in ("caregiver", "caregiver-help"):
        answer = Client().get(reverse(route, args=[token]))
        assert answer.status_code == 404
        assert "Joanna" not in answer.content.decode()
    house.enter()
    assert Line.objects.filter(verb="caregiver.open").count() == 0
    assert [one.given for one in Consent.objects.filter(kind="caregiver").order_by("recorded_at", "given")] == [
        False,
        True,
    ]
    row.refresh_from_db()
    assert actions.end(caregiver=row, by=house.staff["PT"], at=AT + timedelta(hours=1)).ended_at == AT


def test_the_link_has_an_end_and_a_forged_one_opens_nothing(house: House, monkeypatch):
    row = house.named(days=7)
    token = access.token_for(row)
    for changed in (token[:-3] + "abc", "nothing"):
        assert Client().get(reverse("caregiver", args=[changed])).status_code == 404
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT + timedelta(days=7, seconds=1))
    answer = house.opened(row)
    assert answer.status_code == 410
    assert "Joanna" not in answer.content.decode()


def test_who_may_name_and_end(house: House):
    for role in ("RN", "RX", "PT"):
        house.named(by=role)
    for role in ("TH", "MD", "AU", "AD", "RC", "RS", "IC"):
        with pytest.raises(NotAllowed):
            house.named(by=role)
        with pytest.raises(NotAllowed):
            actions.end(caregiver=Caregiver.objects.earliest("created_at"), by=house.staff[role], at=AT)
    house.staff["PT"] = someone(house.clinic, "PT")  # another patient
    with pytest.raises(NotAllowed):
        house.named(by="PT")


@pytest.mark.parametrize(
    ("change", "field"),
    [({"name": " "}, "name"), ({"name": "K" * 121}, "name"), ({"days": 8}, "days"), ({"language": "fr"}, "language")],
)
def test_what_is_missing_is_refused_by_its_field(house: House, change, field):
    with pytest.raises(Refused) as refused:
        house.named(**change)
    assert [one.field for one in refused.value.refusals] == [field]


def test_five_at_most_see_something_at_one_time(house: House):
    rows = [house.named() for _ in range(5)]
    with pytest.raises(Refused, match="End one first"):
        house.named()
    actions.end(caregiver=rows[0], by=house.staff["PT"], at=AT)
    house.named()


def test_the_staffs_page_lists_them_and_names_one_with_the_patient(house: House):
    client, address = browser(house.staff["RN"]), reverse("caregivers", args=[house.patient.pk])
    fields = {"name": "Kim", "days": "30", "language": "es", "agreed": "safety_plan"}
    assert client.post(address, once(**fields)).status_code == 302
    page = client.get(address).content.decode()
    assert "Not opened yet" in page
    assert "the safety plan" in page
    assert client.post(address, once(name="")).status_code == 422
