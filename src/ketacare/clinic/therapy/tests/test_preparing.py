"""A preparation is gone through again for the next dose: what lasts is there, what is of a day is asked anew."""

from __future__ import annotations

import re
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.urls import reverse

from ketacare.clinic.duties.tests.factories import AT
from ketacare.clinic.people.tests.factories import browser
from ketacare.clinic.therapy import actions
from ketacare.clinic.therapy.tests.factories import a_couch

pytestmark = pytest.mark.django_db
SAID = {"minutes": "50", "intention": "To look at the house again", "mood": "3", "sleep": "Four hours"}


@pytest.mark.parametrize(("days", "is_asked_anew"), [(0, False), (15, True)])
def test_mood_sleep_and_what_was_gone_through_are_of_their_day(days: int, is_asked_anew: bool) -> None:
    couch = a_couch()
    actions.write_preparation(
        patient=couch.patient, said=SAID, checklist=["consent", "ride"], shown=["intention"], by=couch.therapist, at=AT
    )
    with patch("ketacare.web.clock.now", lambda: AT + timedelta(days=days)):
        page = browser(couch.therapist).get(reverse("preparation", args=[couch.patient.pk])).content.decode()
    form = page.partition('name="before"')[2]
    typed = [re.search(f'name="{name}"[^>]* value="([^"]*)"', form) for name in ("mood", "sleep")]
    expected = ["", ""] if is_asked_anew else ["3", "Four hours"]
    assert "To look at the house again" in form
    assert [found[1] if found else "" for found in typed] == expected
    ticked = re.findall(r'<input[^>]*name="checklist"[^>]* checked', form)
    assert len(ticked) == (0 if is_asked_anew else 2)
    assert ("3 of 10" in form) == ("2 of 15" in form) == is_asked_anew
    assert re.search(r'<input[^>]*name="shown"[^>]* checked', form), "what the patient agreed to show goes on"
