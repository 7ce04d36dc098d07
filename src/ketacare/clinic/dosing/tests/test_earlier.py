"""The earlier sessions of a person where the next dose is weighed: what was given, what it did, and nothing ordered."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest

from ketacare.clinic.dosing.actions import giving, release, sessions
from ketacare.clinic.dosing.models import Kind
from ketacare.clinic.dosing.queries import predicting
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.outcomes import actions as outcomes
from ketacare.clinic.outcomes.models import Ask
from ketacare.clinic.people.tests.factories import browser
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.models import VisitKind
from ketacare.medicine.protocols.reader import protocol

pytestmark = pytest.mark.django_db
LATER = f.AT + timedelta(days=3)


def scored(day, instrument, answers, at, ask=None):
    outcomes.record_answers(
        patient=day.patient, instrument=instrument, answers=answers, source="clinician", happened_at=at, by=day.nurse,
        at=at, ask=ask,
    )  # fmt: skip


def first_session(day):
    """40 mg whole, at its peak 158/96 from 126/78, dissociation 6; low mood 80 before, 30 the day after."""
    scored(day, "mood-vas", {"1": 80}, f.AT)
    f.to_running(day)
    f.vitals(day, "158/96", hr=84, spo2=97, at=f.later(40), moaas=4, distress=2)
    f.timeline.record(
        session=day.session, kind=Kind.SCALE, name="dissociation", body={"value": "6"}, by=day.nurse, at=f.later(42)
    )
    giving.stop(session=day.session, reason="", complete=True, by=day.nurse, at=f.later(50))
    f.make_well(day)
    release.let_go(session=day.session, by=day.nurse, at=f.later(105))
    ask = Ask.objects.get(visit=day.visit, key="next_day")
    scored(day, "mood-vas", {"1": 30}, f.AT + timedelta(days=1), ask)


def checked_in_again(day):
    visit = scheduling.book_visit(
        patient=day.patient, kind=VisitKind.DOSE, starts_at=LATER, ends_at=LATER + timedelta(hours=3), by=day.desk,
        at=f.later(110), number_in_course=2,
    )  # fmt: skip
    sheet = protocol(day.session.protocol_id)
    sessions.check_in(
        visit=visit, protocol_id=sheet.id, protocol_version=sheet.version, chair=day.chair, by=day.nurse, at=LATER
    )
    return visit


def words(cell):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", cell)).split())


def test_the_last_dose_lies_beneath_the_next_one_with_what_it_did_and_nothing_is_ordered_by_it(monkeypatch):
    day = f.a_day()
    first_session(day)
    visit = checked_in_again(day)
    monkeypatch.setattr("ketacare.web.clock.now", lambda: LATER + timedelta(minutes=5))
    page = browser(day.prescriber).get(f"/sessions/{visit.pk}/planning/").content.decode()
    part = page.split('id="h-before"')[1].split("</table>")[0]
    titles = [words(cell) for cell in re.findall(r"<th scope=\"col\">(.*?)</th>", part)]
    row = [words(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", part.split("<tbody>")[1])]
    assert dict(zip(titles, row, strict=True)) == {
        "Day": "14-Jul-2026",
        "Ordered": "0.5 mg/kg over 40 min",
        "Given": "40 mg",
        "Peak rise, mmHg": "32 / 18",
        "Peak, mmHg": "158 / 96",
        "Dissociation, 0–10": "6",
        "Distress, 0–10": "2",
        "Events": "none charted",
        "Low mood, 0–100: before → 24 h": "80 → 30",
    }
    assert page.count('<polyline class="predicted__line predicted__line--earlier"') == 1
    assert "Earlier: 14-Jul-2026, 40 mg" in words(page.split("predicted__legend")[1])
    said = words(page.split('id="h-next"')[1].split("</section>")[0])
    assert "improvement since the baseline" in said.lower()
    assert "An explanation, not an order: nothing is written into the order from here." in said
    order = browser(day.prescriber).get(f"/sessions/{visit.pk}/order/").content.decode()
    assert 'id="f-dose" name="dose" type="text" value=""' in order
    assert "14-Jul-2026 0.5 mg/kg = 40 mg" in words(order)


@pytest.mark.parametrize(("age", "told"), [(64, False), (65, True)])
def test_ad_1_from_65_the_rule_for_the_elderly_is_told_with_the_caps_where_the_dose_is_planned(monkeypatch, age, told):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(5))
    monkeypatch.setattr(predicting, "age_of", lambda *_: age)
    day = f.a_day()
    page = words(browser(day.nurse).get(f"/sessions/{day.visit.pk}/planning/").content.decode())
    for rule in ("WD-3", "WD-4", "WD-5", "WD-6", "TI-1", "TI-3"):
        assert f" {rule}. " in page
    assert "iv two people 1.5 mg/kg; iv mg 100 mg;" in page
    assert (" AD-1. " in page) is told
