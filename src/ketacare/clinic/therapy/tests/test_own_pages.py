"""Journal, small acts and the plan for staying well, as the patient reads them: in one frame, in their language."""

from __future__ import annotations

import pytest
from django.urls import reverse

from ketacare.clinic.people.tests.factories import browser, once
from ketacare.clinic.therapy import actions
from ketacare.clinic.therapy.tests.factories import a_couch

pytestmark = pytest.mark.django_db
PAGES = ("me-journal", "me-homework", "me-staying-well")


def test_the_patients_own_pages_are_in_their_language_from_top_to_foot():
    couch = a_couch()
    words = "A better day"
    actions.write_journal(patient=couch.patient, words=words, by=couch.as_(couch.own), at=couch.patient.created_at)
    own = browser(couch.own)
    for language, theirs, not_theirs in (("es", "Salir", "Sign out"), ("en", "Sign out", "Salir")):
        own.post(reverse("me-reading"), once(language=language))
        for name in PAGES:
            page = own.get(reverse(name)).content.decode()
            assert f'<html lang="{language}"' in page, name
            assert theirs in page, name
            assert not_theirs not in page, name
            assert f'name="here" value="{reverse(name)}"' in page, name
    assert words in own.get(reverse("me-journal")).content.decode()


@pytest.mark.parametrize("shared", [True, False])
def test_h13_after_words_of_danger_the_page_says_who_may_read_them(shared: bool) -> None:
    couch = a_couch()
    client = browser(couch.own)
    sent = {"words": "I want to die tonight"} | ({"share": "yes"} if shared else {})
    answer = client.post(reverse("me-journal"), once(**sent), follow=True)
    page = answer.content.decode()
    assert "Please talk to somebody now." in page
    assert ("and nobody reads it" in page, "You share it with your therapist" in page) == (not shared, shared)
