"""Reading and adopting sheets as each role meets them."""

from __future__ import annotations

import pytest
from django.urls import reverse

from ketacare.clinic.people.tests.factories import a_clinic, browser, just_confirmed, once, someone
from ketacare.clinic.protocols.models import Adoption
from ketacare.clinic.protocols.tests.factories import IV

pytestmark = pytest.mark.django_db


def test_everybody_of_the_clinic_reads_figures_with_source_and_grade():
    client = browser(someone(a_clinic(), "RN"))
    assert b"Not adopted" in client.get(reverse("protocols")).content
    page = client.get(reverse("protocol-sheet", args=[IV])).content.decode()
    assert "0.5 mg/kg" in page
    assert "N Engl J Med" in page
    assert "Adopt this version" not in page


def test_k6_adopting_asks_who_sits_there_first():
    client = browser(someone(a_clinic(), "MD"))
    path = reverse("protocol-adopt", args=[IV])
    assert client.get(path)["Location"].startswith("/account/reauthenticate/")
    assert client.post(path, once(sheet_version="1.0.0"))["Location"].startswith("/account/reauthenticate/")
    assert not Adoption.objects.exists()


def test_the_director_adopts_and_withdraws():
    client = just_confirmed(browser(someone(a_clinic(), "MD")))
    page = client.get(reverse("protocol-adopt", args=[IV])).content.decode()
    version = page.split('name="sheet_version" value="')[1].split('"')[0]
    client.post(reverse("protocol-adopt", args=[IV]), once(sheet_version=version))
    assert b"Adopted" in client.get(reverse("protocols")).content
    assert client.post(reverse("protocol-withdraw", args=[IV]), once(words="")).status_code == 422
    client.post(reverse("protocol-withdraw", args=[IV]), once(words="supply"))
    assert [row.standing for row in Adoption.objects.order_by("recorded_at")] == ["adopted", "withdrawn"]


def test_an_old_version_is_refused():
    client = just_confirmed(browser(someone(a_clinic(), "MD")))
    answer = client.post(reverse("protocol-adopt", args=[IV]), once(sheet_version="0.1.0"))
    assert answer.status_code == 422
    assert b"no longer on file" in answer.content


def test_a_sheet_that_does_not_exist():
    assert browser(someone(a_clinic(), "RN")).get(reverse("protocol-sheet", args=["none"])).status_code == 404
