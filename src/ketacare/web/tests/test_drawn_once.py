"""Forms that are drawn once for everybody: nothing of one person's page stands in another's."""

from __future__ import annotations

import re

from django.urls import reverse

from ketacare.clinic.candidacy.tests.factories import everything_known
from ketacare.clinic.people.tests.factories import a_clinic, a_patient, browser, someone
from ketacare.web import jinja

ONCE, TOKEN = r'name="once" value="([^"]+)"', r'name="csrfmiddlewaretoken" value="([^"]+)"'


def test_a_form_drawn_once_is_for_whom_the_page_is_with_its_own_keys(db, monkeypatch):
    """Kept from another's page it is, but for keys, the form that is drawn anew."""
    monkeypatch.setattr(jinja, "_drawn", {})
    clinic = a_clinic()
    client, patient = browser(someone(clinic, "RX")), a_patient(someone(clinic, "FD"))
    other = a_patient(someone(clinic, "FD"), family="Marek")
    for one in (patient, other):
        everything_known(one, someone(clinic, "RX"))
    anothers = client.get(reverse("evaluation", args=[patient.pk])).content.decode()
    assert len(jinja._drawn) > 8
    kept = client.get(reverse("evaluation", args=[other.pk])).content.decode()
    monkeypatch.setattr(jinja, "_drawn", {})
    anew = client.get(reverse("evaluation", args=[other.pk])).content.decode()
    assert re.sub(f"{ONCE}|{TOKEN}", "", kept) == re.sub(f"{ONCE}|{TOKEN}", "", anew)
    assert str(patient.pk) not in kept
    keys = re.findall(ONCE, kept)
    assert len(set(keys)) == len(keys) == kept.count('name="once"')
    assert not set(keys) & set(re.findall(ONCE, anothers))
    assert len(set(re.findall(TOKEN, kept))) == 1
    assert not set(re.findall(TOKEN, kept)) & set(re.findall(TOKEN, anothers))
