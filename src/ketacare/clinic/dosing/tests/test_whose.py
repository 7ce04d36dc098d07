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
    for form in ("grid-form", 'class="taps"', 'aria-label="Remark"', 'class="signs"', "with-patient/"):
        assert "<b>JR, Chair 3</b>" in part_of(page, form), form
    assert effects.count('name="whose_asked"') == 1, "by a prescriber's order; no order set is adopted"
    drawn = {"step": "rate", "new_ml_per_h": "100", "reason": "Distress", "whose_asked": "1"}
    refused = client.post(f"{url}dose/", once(**drawn))
    assert refused.status_code == 422
    assert "tick it if it is JR, Chair 3" in refused.content.decode()
    assert Session.objects.get(pk=day.session.pk).state == "running"
    assert client.post(f"{url}dose/", once(**drawn, whose="yes")).status_code == 302
    never_held_up = {"step": "pause", "reason": "Distress", "whose_asked": "1"}
    assert client.post(f"{url}dose/", once(**never_held_up)).status_code == 302


def part_of(page: str, mark: str) -> str:
    """What stands around the form: from the section before it to its end."""
    place = page.index(mark)
    return page[page.rindex("<section", 0, place) : page.index("</form>", place)]


def test_h4_what_waited_on_a_screen_is_asked_where_several_sessions_run(monkeypatch):
    """Once, at the waiting bar, by the box that comes back with the refusal. What alarms is never held up, nor what is
    of now (A16)."""
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(40))
    day = f.a_day()
    f.to_running(day)
    client, url = browser(day.nurse), f"/sessions/{day.visit.pk}/"
    waited, short = ({"entered_at": f.later(minute).isoformat()} for minute in (34, 36))
    assert client.post(f"{url}grid/", once(bp="128/80", **waited)).status_code == 302
    f.to_running(f.a_day("Chair 4", day.clinic, family="Rowe", given="Al"))
    assert client.post(f"{url}grid/", once(bp="130/82", **short)).status_code == 302
    assert client.post(f"{url}event/", once(kind="chest pain", **waited)).status_code == 302
    for rest, typed in (("grid/", {"bp": "132/84"}), ("event/", {"words": "Hums"}), ("with-patient/", {})):
        refused = client.post(f"{url}{rest}", once(**typed, **waited))
        assert refused.status_code == 422, rest
        page = refused.content.decode()
        assert "it is right as entered if it is JR, Chair 3" in page
        assert 'name="confirm" value="whose"' in page
        assert client.post(f"{url}{rest}", once(**typed, **waited, confirm="whose")).status_code == 302, rest
