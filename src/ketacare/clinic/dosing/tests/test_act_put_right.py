"""What an act of an emergency was, and its words, put right with a reason; the former stay readable (H41, I1)."""

from __future__ import annotations

import pytest

from ketacare.clinic.dosing.actions import emergency, timeline
from ketacare.clinic.dosing.models import Kind, TimelineEntry
from ketacare.clinic.dosing.queries import emergencies
from ketacare.clinic.dosing.queries import timeline as lines
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.people.tests.factories import browser, once
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def day(monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(31))
    day = f.a_day()
    f.to_running(day)
    emergency.begin(session=day.session, by=day.nurse, at=f.later(20))
    return day


def act(day, what, words="", minute=22.0):
    return emergency.act(session=day.session, what=what, words=words, by=day.nurse, at=f.later(minute))


def stand(day):
    return [(row.name, row.words, row.happened_at) for row in lines.standing(day.visit, Kind.EMERGENCY)[1:]]


def test_h41_the_words_of_a_drug_are_put_right_and_the_former_stand_struck_through(day):
    drug = act(day, "drug", "Midazolam 2 mg IV")
    address = f"/sessions/{day.visit.pk}/timeline/{drug.pk}/amend/"
    client = browser(day.nurse)
    assert client.post(address, once(what="drug", words="Midazolam 5 mg IV", reason="")).status_code == 422
    typed = once(what="drug", words="Midazolam 5 mg IV", reason="Wrong value")
    assert client.post(address, typed).status_code == 302
    assert stand(day) == [("drug", "Midazolam 5 mg IV", f.later(22))]
    drug.refresh_from_db()
    assert (drug.words, TimelineEntry.objects.get(amends=drug).amend_reason) == ("Midazolam 2 mg IV", "Wrong value")


def test_h41_which_act_it_was_is_put_right_and_what_hangs_on_it_follows(day):
    wrong = act(day, "airway")
    fixed = {"session": day.session, "reason": "Wrong value", "by": day.nurse, "at": f.later(31)}
    with pytest.raises(Refused, match="What was given is empty"):
        timeline.amend(**fixed, entry=wrong, what="drug")
    with pytest.raises(Refused, match="none of the acts"):
        timeline.amend(**fixed, entry=wrong, what="dance")
    timeline.amend(**fixed, entry=wrong, what="oxygen", words="10 L by mask", happened_at=f.later(21))
    assert stand(day) == [("oxygen", "10 L by mask", f.later(21))]
    assert "on_air" in {fact.name for fact in emergencies.release_facts(day.session)}, "off room air from then (H12)"


def test_h12_that_no_drug_was_given_is_a_prescribers_word(day):
    drug = act(day, "drug", "Flumazenil 0.2 mg IV")
    changed = {"session": day.session, "entry": drug, "reason": "Wrong value", "what": "oxygen", "words": ""}
    with pytest.raises(Refused, match="is a prescriber's to say"):
        timeline.amend(**changed, by=day.nurse, at=f.later(31))
    timeline.amend(**changed, by=day.prescriber, at=f.later(31))
    assert [name for name, _, _ in stand(day)] == ["oxygen"]
