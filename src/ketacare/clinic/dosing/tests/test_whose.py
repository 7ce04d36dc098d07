"""Chair and initials beside an entry where several sessions run (H4)."""

import pytest

from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import whose
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.people.tests.factories import browser, once

pytestmark = pytest.mark.django_db


def test_h4_where_several_sessions_run_an_entry_says_whose_it_is_and_what_goes_on_asks(monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(20))
    day = f.a_day()
    f.to_running(day)
    client, url = browser(day.nurse), f"/sessions/{day.visit.pk}/"
    assert whose.whose(day.session) == ""
    assert "whose_asked" not in client.get(url).content.decode()
    f.to_running(f.a_day("Chair 4", day.clinic, family="Rowe", given="Al"))
    page, effects = (client.get(one).content.decode() for one in (url, f"{url}effects/"))
    assert whose.whose(day.session) == "JR, Chair 3"
    assert page.count("<b>JR, Chair 3</b>") == 3, "the column, the dose, the remark"
    assert effects.count('name="whose_asked"') == 1, "by a prescriber's order; no order set is adopted"
    drawn = {"step": "rate", "new_ml_per_h": "100", "reason": "Distress", "whose_asked": "1"}
    refused = client.post(f"{url}dose/", once(**drawn))
    assert refused.status_code == 422
    assert "tick it if it is JR, Chair 3" in refused.content.decode()
    assert Session.objects.get(pk=day.session.pk).state == "running"
    assert client.post(f"{url}dose/", once(**drawn, whose="yes")).status_code == 302
    never_held_up = {"step": "pause", "reason": "Distress", "whose_asked": "1"}
    assert client.post(f"{url}dose/", once(**never_held_up)).status_code == 302
