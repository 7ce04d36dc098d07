"""Whom a person in danger is told to call: by the clinic's country, or as the clinic wrote it down, on every page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.signing import Signer
from django.urls import reverse

import ketacare
from ketacare.clinic.audit.models import Line
from ketacare.clinic.people.access import Actor, NotAllowed
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import AT, a_clinic, browser, once, someone
from ketacare.clinic.safety import actions, queries
from ketacare.clinic.tenancy.help import crisis_line, first_call, lines_here
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.safety.telephone import dialled

pytestmark = pytest.mark.django_db
OWN = actions.OwnHelp("Kriisipuhelin", "09 2525 0111", "24 h", "112")


@pytest.fixture
def clinic() -> Clinic:
    return a_clinic()


@pytest.fixture
def administrator(clinic: Clinic) -> Actor:
    return someone(clinic, Role.AD)


def test_the_country_brings_its_line(clinic: Clinic, administrator: Actor) -> None:
    assert first_call(clinic) == "988"
    clinic = actions.set_crisis_help(country="es ", own=actions.OwnHelp(), by=administrator, at=AT)
    line = crisis_line(clinic, "es")
    assert line is not None
    assert (line.call, line.emergency, line.name) == ("024", "112", "Línea 024 de atención a la conducta suicida")
    assert Line.objects.get(verb="clinic.crisis_help").reason == "US > ES"


def test_a_country_without_a_line_has_what_the_clinic_wrote_down(clinic: Clinic, administrator: Actor) -> None:
    clinic = actions.set_crisis_help(country="FI", own=OWN, by=administrator, at=AT)
    line = crisis_line(clinic)
    assert line is not None
    assert (line.name, line.dial, line.emergency, line.sources) == ("Kriisipuhelin", "0925250111", "112", ())
    assert lines_here("en") == (line,)


def test_until_then_it_says_so_loudly(clinic: Clinic, administrator: Actor) -> None:
    assert queries.helpless(clinic.pk) == ""
    Clinic.objects.filter(pk=clinic.pk).update(country="FI")
    clinic.refresh_from_db()
    assert queries.helpless(clinic.pk) == "FI"
    clinic.telephone = "+1 207 555 0100"
    assert first_call(clinic) == "+12075550100"
    said = "No crisis line is known for FI."
    for who in (administrator, someone(clinic, Role.RX), someone(clinic, Role.RN)):
        assert said in browser(who).get(reverse("home")).content.decode()
    assert said in browser(administrator).get(reverse("crisis-help")).content.decode()


@pytest.mark.parametrize(
    ("country", "own", "fields"),
    [
        ("Spain", actions.OwnHelp(), ["country"]),
        ("US", OWN, ["crisis_number"]),
        ("FI", actions.OwnHelp(), ["crisis_number", "emergency_number"]),
        ("FI", actions.OwnHelp("A", "09 2525 0111", "", "call"), ["emergency_number"]),
        ("FI", actions.OwnHelp("A", "+49 (0)800 111 0111", "", "112/110"), ["crisis_number", "emergency_number"]),
        ("FI", actions.OwnHelp("A", "+49 ( 0800) 111", "", "1" * 31), ["crisis_number", "emergency_number"]),
        ("FI", actions.OwnHelp("A", "1 (", "", "+"), ["crisis_number", "emergency_number"]),
        ("UK", actions.OwnHelp(), ["country"]),
    ],
)
def test_what_cannot_be_called_is_refused(administrator: Actor, country, own, fields) -> None:
    with pytest.raises(Refused) as refused:
        actions.set_crisis_help(country=country, own=own, by=administrator, at=AT)
    assert [refusal.field for refusal in refused.value.refusals] == fields


@pytest.mark.parametrize("number", ["+1 (207) 555-0142", "112", "15", "+49 800 111 0111", "08001110111"])
def test_what_can_be_called_is_taken(administrator: Actor, number: str) -> None:
    own = actions.OwnHelp("A", number, "", number)
    clinic = actions.set_crisis_help(country="FI", own=own, by=administrator, at=AT)
    line = crisis_line(clinic)
    assert line is not None
    assert line.dial == line.dial_emergency == "".join(sign for sign in number if sign in "+0123456789")


@pytest.mark.parametrize(
    ("written", "dial"),
    [
        ("+49 (0)800 111 0111", "+498001110111"),
        ("112/110", "112"),
        ("0800/111 0111", "08001110111"),
        ("Tel. (207) 555-0142 ext. 12", "2075550142"),
        ("988 (press 1)", "988"),
        ("+1.207.555.0100", "+12075550100"),
        ("call us", ""),
        ("", ""),
    ],
)
def test_of_what_was_written_before_the_first_number_is_dialled(written: str, dial: str) -> None:
    assert dialled(written) == dial


@pytest.mark.parametrize(("number", "emergency"), [("+49 (0)800 111 0111", "112"), ("116 123", "112/110")])
def test_own_numbers_of_before_the_rule_are_asked_about_until_they_are_saved_anew(
    clinic: Clinic, administrator: Actor, number: str, emergency: str
) -> None:
    said = "may be dialled wrongly"
    Clinic.objects.filter(pk=clinic.pk).update(country="FI", crisis_number=number, emergency_number=emergency)
    for who in (administrator, someone(clinic, Role.MD)):
        assert said in browser(who).get(reverse("home")).content.decode()
    page = browser(administrator).get(reverse("crisis-help")).content.decode()
    assert f"{said}: {number}, {emergency}" in page
    actions.set_crisis_help(country="FI", own=OWN, by=administrator, at=AT)
    for address in ("home", "crisis-help"):
        assert said not in browser(administrator).get(reverse(address)).content.decode()


def test_no_page_dials_a_number_as_it_is_written() -> None:
    pages = list(Path(ketacare.__file__).parent.rglob("*.jinja"))
    as_written = re.compile(r"tel:\{\{(?! *(\w+\.)*(dial|dial_emergency|dial_\w+) *\}\})(?![^}]*\|dialled)")
    assert len(pages) > 100
    assert [page.name for page in pages if as_written.search(page.read_text())] == []


def test_the_united_kingdom_is_gb(administrator: Actor) -> None:
    with pytest.raises(Refused, match="GB"):
        actions.set_crisis_help(country="uk", own=OWN, by=administrator, at=AT)


def test_whoever_may_not_change_the_site_may_not_change_it(clinic: Clinic) -> None:
    for role in (Role.RN, Role.TH, Role.PT):
        with pytest.raises(NotAllowed):
            actions.set_crisis_help(country="ES", own=actions.OwnHelp(), by=someone(clinic, role), at=AT)


def test_the_page_keeps_what_was_typed(clinic: Clinic, administrator: Actor) -> None:
    client = browser(administrator)
    told = {"country": "FI", "crisis_name": "Kriisipuhelin", "crisis_number": "x", "emergency_number": "112"}
    answer = client.post(reverse("crisis-help-set"), once(**told))
    assert answer.status_code == 422
    assert "Kriisipuhelin" in answer.content.decode()
    answer = client.post(reverse("crisis-help-set"), once(**told | {"crisis_number": "09 2525 0111"}))
    assert answer.status_code == 302
    assert "09 2525 0111" in client.get(reverse("crisis-help")).content.decode()


@pytest.mark.parametrize(
    ("countries", "said"),
    [
        (["US"], ["In the United States you can call or text 988, day and night.", 'href="tel:988"']),
        (["GB", "ES"], ["In Spain you can call 024, day and night.", "In the United Kingdom you can call 116 123"]),
        (["FI"], ["call your local emergency number", 'href="#help"']),
    ],
)
def test_a_link_that_opens_nothing_names_the_lines_of_this_installation(client, countries, said) -> None:
    for country in countries:
        clinic = a_clinic()
        Clinic.objects.filter(pk=clinic.pk).update(country=country)
    page = client.get(reverse("check-in", args=[Signer(salt="forged").sign("x")])).content.decode()
    for words in said:
        assert words in page
