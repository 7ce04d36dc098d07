"""What bills is read from the record by whoever may (safety 6, "Billing facts"); what is said of it is amended."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from ketacare.clinic.audit.models import Line
from ketacare.clinic.billing import queries
from ketacare.clinic.billing.models import BillingMark
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import browser, just_confirmed, once, someone
from ketacare.clinic.supervision.models import LapseStep

pytestmark = pytest.mark.django_db
TODAY = f.AT.date().isoformat()
EMPTY = "No dosing visit ended on this day."


@pytest.fixture
def day(monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(120))
    day = f.a_day()
    f.to_left(day)
    return day


def seen_from_the_start(day) -> None:
    """The watch looked from the dose on; for five minutes nobody supervised."""
    common = {"organisation_id": day.clinic.organisation_id, "clinic": day.clinic, "visit": day.visit}
    start = day.session.started_at
    for missing, level, minute in (
        ("unwatched", "none", 0),
        ("unsupervised", "none", 0),
        ("unsupervised", "high", 20),
        ("unsupervised", "none", 25),
    ):
        at = start + timedelta(minutes=minute)
        LapseStep.objects.create(**common, missing=missing, level=level, since=at, at=at)


def say(day, who=None, seen="", **fields):
    shown = {"figures": queries.figures(day.session, day.desk.zone).digest, "seen": seen, "day": TODAY}
    return browser(who or day.desk).post(f"/billing/{day.visit.pk}/mark/", once(**(shown | fields)))


def test_the_desk_reads_minutes_drug_lot_and_supervisor_and_no_word_of_the_chart(day):
    seen_from_the_start(day)
    page = browser(day.desk).get("/billing/").content.decode()
    words = " ".join(page.split())
    assert "REED, " in words
    assert '95 <span class="unit">min</span>' in words, "from the dose to leaving"
    assert '90 <span class="unit">min</span>' in words, "supervised, less five minutes without"
    assert "40 mg" in words
    assert "L7" in words
    assert "Dr Cho" in words
    assert "Dissociation" not in words
    assert Line.objects.filter(verb="chart.open", object_kind="billing", patient_id=day.patient.pk).exists()


def test_e7_minutes_that_the_watch_did_not_see_are_not_known_and_never_all_of_them(day):
    words = " ".join(browser(day.desk).get("/billing/").content.decode().split())
    assert words.count("Not known") >= 2


def test_billed_stands_with_its_number_and_is_amended_only_with_a_reason(day):
    assert say(day, outcome="not_billable").status_code == 422
    assert say(day, outcome="billed", number="C-17").status_code == 302
    first = BillingMark.objects.get()
    assert first.figures["from_dose_to_leaving"] == 95
    assert say(day, outcome="open", seen="").status_code == 422, "who has not seen the word says nothing over it"
    assert say(day, outcome="not_billable", reason="Programme pays", seen=str(first.pk)).status_code == 422
    answer = say(day, outcome="not_billable", reason="Programme pays", amend_reason="Wrong payer", seen=str(first.pk))
    assert answer.status_code == 302
    newest = str(BillingMark.objects.current().get().pk)
    late = say(day, outcome="billed", number="C-18", amend_reason="Paid", seen=newest, figures="of another moment")
    assert "has changed meanwhile" in late.content.decode()
    page = browser(day.desk).get("/billing/").content.decode()
    assert "<s>Billed" in page
    assert "C-17" in page
    assert "Amended: Wrong payer" in page


def test_p1_who_bills_marks_who_prescribes_reads_and_who_nurses_sees_none(day):
    assert browser(day.nurse).get("/billing/").status_code == 403
    assert browser(someone(day.clinic, Role.TH)).get("/billing/").status_code == 403
    assert browser(someone(day.clinic, Role.PT)).get("/billing/").status_code == 403
    assert "Keep it" not in browser(day.prescriber).get("/billing/").content.decode()
    assert say(day, day.prescriber, outcome="billed").status_code == 403
    other = f.a_day(chair="Chair 8", family="Other", clinic=None)
    assert EMPTY in browser(other.desk).get("/billing/").content.decode()
    assert say(day, other.desk, outcome="billed").status_code == 404


def test_a_day_as_csv_holds_the_same_and_no_formula(day):
    say(day, outcome="billed", number="=1+1")
    answer = just_confirmed(browser(day.desk)).get(f"/billing/day.csv?day={TODAY}")
    assert answer["Content-Type"].startswith("text/csv")
    (row,) = csv.DictReader(io.StringIO(answer.content.decode()))
    assert (row["minutes_dose_to_leaving"], row["drug"], row["outcome"], row["number"]) == (
        "95", "ketamine (racemic)", "billed", "'=1+1",
    )  # fmt: skip
    assert Line.objects.filter(verb="billing.export", patient_id=day.patient.pk).exists()


def test_another_day_is_empty_and_says_where_visits_are_still_open(day, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(60 * 26))
    page = browser(day.desk).get("/billing/").content.decode()
    assert EMPTY in page
    assert f"/billing/?day={TODAY}" in page
