"""H13: a sign of danger that no clinician has decided holds the dose back, and stands where it is prepared."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from ketacare.clinic.candidacy import actions as candidacy
from ketacare.clinic.candidacy.models import RiskScreening
from ketacare.clinic.dosing.actions import preparing
from ketacare.clinic.dosing.actions.interview import record_interview
from ketacare.clinic.dosing.queries import checklist, readiness
from ketacare.clinic.dosing.queries.facts import known
from ketacare.clinic.dosing.tests.factories import a_day, later, make_ready
from ketacare.clinic.people.tests.factories import browser, once
from ketacare.clinic.safety import actions as concerns
from ketacare.clinic.scheduling.actions import book_visit
from ketacare.clinic.scheduling.models import VisitKind
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def day():
    day = a_day()
    make_ready(day)
    return day


def raised(day, tier, code, minutes=1):
    return concerns.raise_concern(
        patient=day.visit.patient, tier=tier, reason_code=code, source=day.visit, by=day.nurse, at=later(minutes)
    )


def decided(day, concern, minutes):
    concerns.decide(concern, finding="Spoke with her", action="None", by=day.prescriber, at=later(minutes))


def asked(day, minutes, **yes):
    """The C-SSRS since the last visit, by number."""
    answers = dict.fromkeys(("1", "2", "6", "imminent"), False) | {number[1:]: True for number in yes}
    return candidacy.record_screening(
        patient=day.visit.patient, form="since last visit", answers=answers, by=day.nurse, at=later(minutes)
    )


def typed(day, minutes, tier):
    facts = {"suicide_risk_tier": known(tier)}
    words = "" if tier == "T0" else "Said so"
    preparing.record_facts(session=day.session, item="risk", facts=facts, words=words, by=day.nurse, at=later(minutes))


def go(day, minutes, **lift):
    by = day.prescriber if lift else day.nurse
    preparing.decide(session=day.session, go=True, overrides=lift, words="", by=by, at=later(minutes))


def held(day, minutes):
    decision = readiness.decision(day.session, at=later(minutes), zone=day.clinic.zone)
    return next(reason for reason in decision.reasons if reason.criterion == "CON-01").holds_back


def test_h13_undecided_it_stops_the_dose_whatever_it_was_raised_for_and_no_reason_lifts_it(day):
    rows = [(1, "s1.3"), (1, "s3.2"), (1, "chest_pain"), (1, "asrm.mania"), (1, "silent.high_risk"), (2, "s2.1"),
            (2, "missed"), (2, "call.worried"), (2, "urinary"), (2, "cgi-i.worse")]  # fmt: skip
    waiting = [raised(day, tier, code) for tier, code in rows]
    for concern in waiting:
        with pytest.raises(Refused, match="CON-01") as refused:
            go(day, 2)
        assert "A clinician decides the concern on its page." in str(refused.value)
        with pytest.raises(Refused, match="CON-01"):
            go(day, 2, **{"CON-01": "Seen before"})
        concerns.acknowledge(concern, by=day.nurse, at=later(3))
        assert held(day, 3)
        decided(day, concern, 4)
    assert not held(day, 5)
    asked(day, 6)
    go(day, 7)


def test_h13_what_waits_for_the_next_dose_is_the_prescribers_and_what_comes_after_their_word_is_asked_anew(day):
    raised(day, 3, "s1.1")
    asked(day, 2)
    with pytest.raises(Refused, match="CON-01"):
        go(day, 2)
    go(day, 2, **{"CON-01": "Passed, spoken about"})
    preparing.require_still_go(day.session, at=later(3), zone=day.clinic.zone)
    raised(day, 3, "missed", minutes=4)
    with pytest.raises(Refused, match="CON-01"):
        preparing.require_still_go(day.session, at=later(5), zone=day.clinic.zone)


def test_h13_a_booked_visit_says_that_its_dose_is_on_hold(day):
    concern = raised(day, 1, "s1.3")
    next_week = later(7 * 24 * 60)
    visit = book_visit(
        patient=day.patient, kind=VisitKind.DOSE, starts_at=next_week, ends_at=next_week + timedelta(hours=3),
        by=day.desk, at=later(2), number_in_course=2,
    )  # fmt: skip
    page = browser(day.nurse).get(reverse("session", args=[visit.pk])).content.decode()
    assert "The dose is on hold." in page
    assert reverse("concern", args=[concern.pk]) in page


def test_h13_the_list_of_the_day_names_it_and_leads_to_it(day):
    concern = raised(day, 1, "s1.3")
    url = reverse("session", args=[day.visit.pk])
    page = browser(day.nurse).get(url).content.decode()
    assert reverse("concern", args=[concern.pk]) in page
    assert "and I may act on them" in page
    assert "is not decided: no dose until it is" in page


def risk(day, minutes):
    decision = readiness.decision(day.session, at=later(minutes), zone=day.clinic.zone)
    row = next(one for one in checklist.rows(day.session, decision, {}, at=later(minutes)) if one.item == "risk")
    return row.state, row.known, row.words


def test_h13_no_tier_that_is_typed_and_no_reason_passes_for_the_c_ssrs_that_a_flag_asks_for(day):
    """instruments.md 8: a flag from a self-report leads to a C-SSRS asked by a person."""
    decided(day, raised(day, 1, "s1.3"), 2)
    typed(day, 3, "T0")
    state, _, words = risk(day, 4)
    assert (state, "what was found before does not answer it" in words) == ("unknown", True)
    for lift in ({}, {"RD-18": "Known for years"}):
        with pytest.raises(Refused, match="RD-18") as refused:
            go(day, 4, **lift)
        assert "write it down by number" in str(refused.value)
    page = browser(day.nurse).get(reverse("session", args=[day.visit.pk])).content.decode()
    assert "/evaluation/#risk" in page
    asked(day, 5, q1=True)
    state, said, words = risk(day, 6)
    assert state == "go"
    assert "T1: C-SSRS asked by Ann Vale" in said
    assert "yes to 1" in words, "the go says by whom, when and by which numbers"
    go(day, 6, **{"CON-01": "Passed, spoken about"})
    raised(day, 3, "s1.1", minutes=7)
    with pytest.raises(Refused, match="RD-18"):
        preparing.require_still_go(day.session, at=later(8), zone=day.clinic.zone)


def test_h13_where_it_cannot_be_asked_a_prescribers_full_assessment_stands_in_for_it(day):
    decided(day, raised(day, 2, "s2.1"), 2)
    typed(day, 3, "T0")
    found = {"found": "T1", "finding": "Would not answer a form, spoke with her for half an hour"}
    candidacy.record_assessment(patient=day.visit.patient, **found, by=day.nurse, at=later(4))
    assert risk(day, 5)[0] == "unknown", "a nurse's finding is no more than a tier that is typed"
    candidacy.record_assessment(patient=day.visit.patient, **found, is_full=True, by=day.prescriber, at=later(6))
    assert risk(day, 7)[0] == "go"


def test_h13_of_two_raters_the_higher_tier_counts_and_what_was_lifted_before_is_decided_anew(day):
    """screening.md 4.2: a later lower answer does not cancel a higher one of the same day."""
    decided(day, raised(day, 1, "s1.3"), 2)
    typed(day, 3, "T3")
    assert risk(day, 4)[0] == "no_go", "high is heard whatever is owed"
    typed(day, 5, "T2")
    asked(day, 6)
    assert risk(day, 7)[0] == "prescriber"
    go(day, 8, **{"RD-18": "Means are away, plan in hand"})
    assert "RD-18" in preparing.given_before(day.session, at=later(9))
    asked(day, 10, q1=True)
    assert "RD-18" not in preparing.given_before(day.session, at=later(11))


def test_h13_the_c_ssrs_is_asked_before_each_dose_and_neither_tier_nor_reason_stands_for_it():
    """Screening 6.2: of the minimum ready set of the day, and where it lacks nobody is ready."""
    day = a_day()
    make_ready(day, without="suicide_risk_tier")
    typed(day, 1, "T0")
    candidacy.record_assessment(patient=day.patient, found="T0", finding="Calm", by=day.nurse, at=later(1))
    assert risk(day, 2)[0] == "unknown"
    for lift in ({}, {"RD-18": "Known for years"}):
        with pytest.raises(Refused, match="write it down by number"):
            go(day, 2, **lift)


def test_h13_the_list_of_the_day_asks_it_by_number_and_keeps_it_where_the_evaluation_does(monkeypatch):
    day = a_day()
    make_ready(day, without="suicide_risk_tier")
    monkeypatch.setattr("ketacare.web.clock.now", lambda: later(2))
    nurse, here = browser(day.nurse), reverse("session-answer", args=[day.visit.pk, "risk"])
    told = {"q-1": "yes", "q-2": "no", "q-6": "no", "q-imminent": "no"}
    assert nurse.post(here, once(**told)).status_code == 422, "what was said is missing"
    assert not RiskScreening.objects.filter(patient=day.patient).exists()
    assert nurse.post(here, once(**told, words="Tired of it, would never")).status_code == 302
    row = RiskScreening.objects.get(patient=day.patient)
    assert (row.form, row.tier, row.answers["1"]) == ("since last visit", "T1", True)
    state, said, _ = risk(day, 3)
    assert state == "go"
    assert "yes to 1" in said
    assert "would never" in said
    go(day, 3, **{"CON-01": "Passed, spoken about"})


def test_h13_what_was_ticked_by_a_slip_and_amended_on_the_evaluation_holds_no_dose():
    day = a_day()
    make_ready(day, without="suicide_risk_tier")
    answers = dict.fromkeys(("1", "3", "5", "6", "imminent"), False) | {"2": True, "4": True}
    record_interview(session=day.session, answers=answers, refused=False, words="x y z", by=day.nurse, at=later(1))
    assert risk(day, 2)[0] == "no_go"
    slip = RiskScreening.objects.get(patient=day.patient)
    candidacy.record_screening(
        patient=day.patient, form=slip.form, answers=dict.fromkeys(("1", "2", "6", "imminent"), False), amends=slip,
        amend_reason="Ticked in the wrong line", by=day.nurse, at=later(3),
    )  # fmt: skip
    assert risk(day, 4)[0] == "go"
