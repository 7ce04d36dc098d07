"""After the induction a visit is owed after every second dose: one rule, read by whatever books, counts or shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import pytest

from ketacare.clinic.careplan import queries as careplan
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.outcomes.actions import INTEGRATION, schedule_asks
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.people.tests.factories import AT, browser, someone
from ketacare.clinic.planning import queries
from ketacare.clinic.planning.queries.course import needs_of
from ketacare.clinic.planning.tests.factories import DAY, Site
from ketacare.clinic.registry import queries as registry
from ketacare.clinic.scheduling.models import Visit, VisitKind
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.clinic.therapy import actions as therapy
from ketacare.clinic.therapy import queries as worked
from ketacare.clinic.therapy.queries.course import sentence
from ketacare.clinic.therapy.tests.factories import a_running_session
from ketacare.medicine.protocols import reader as protocols
from ketacare.medicine.registry.reader import measures
from ketacare.medicine.scheduling.reader import lengths
from ketacare.medicine.scheduling.terms import Kind
from ketacare.medicine.therapy.terms import WindowState
from ketacare.web.pages.windows import words_of

HOUR = timedelta(hours=1)


@pytest.fixture
def site(db) -> Iterator[Site]:
    with patch("ketacare.web.clock.now", lambda: AT + 35 * DAY):
        yield Site()


def a_dose(site: Site, number: int) -> Visit:
    at = AT + 7 * (number - 5) * DAY + HOUR
    return Visit.objects.create(
        organisation_id=site.patient.organisation_id, clinic=site.clinic, created_at=at, patient=site.patient,
        kind=VisitKind.DOSE, starts_at=at, ends_at=at + 2 * HOUR, number_in_course=number,
    )  # fmt: skip


def the_work_after(dose: Visit) -> Visit:
    at = dose.starts_at + 48 * HOUR
    return Visit.objects.create(
        organisation_id=dose.organisation_id, clinic_id=dose.clinic_id, created_at=dose.starts_at, patient=dose.patient,
        kind=VisitKind.INTEGRATION, starts_at=at, ends_at=at + HOUR, follows=dose,
    )  # fmt: skip


def test_the_rest_of_a_course_books_a_visit_where_one_is_owed_and_keeps_one_that_is_booked(site: Site) -> None:
    asking, _ = site.proposal()
    protocol = protocols.protocol("p-iv-05-2w")

    def numbers(**more):
        needs = needs_of(4, 6, protocol, lengths(), asking.rules, replace(site.asked, reviews=False), **more)
        return [one.number for one in needs if one.kind is Kind.INTEGRATION]

    assert (numbers(), numbers(booked_work={7})) == ([8, 10], [7, 8, 10])


def test_whatever_counts_windows_counts_those_that_owe_a_visit_and_one_held_all_the_same(site: Site) -> None:
    therapist, nurse, director = site.therapist, site.nurses[0], someone(site.clinic, Role.MD)
    user = User.objects.get(pk=therapist.user_id)
    people.relate(patient=site.patient, user=user, kind="therapist", by=site.desk, at=AT)
    doses = {number: a_dose(site, number) for number in range(5, 10)}
    for number, dose in doses.items():
        a_running_session(dose, 2 * HOUR)
        if number == 9:
            at_risk = queries.capacity(by=site.desk, at=dose.starts_at).at_risk
            assert dose not in [one.dose for one in at_risk], "none is owed after the ninth"
            assert queries.inside(site.patient, by=site.desk, at=dose.starts_at) is None
        schedule_asks(visit=dose, dose_at=dose.starts_at, by=nurse, at=dose.starts_at + 2 * HOUR)
    owed = set(Duty.objects.filter(kind=INTEGRATION).values_list("visit_id", flat=True))
    assert owed == {doses[5].pk, doses[6].pk, doses[8].pk}
    tenancy.enter(organisation_id=therapist.organisation_id, user_id=therapist.user_id)
    for number in (5, 7):
        held = doses[number].starts_at + 30 * HOUR
        therapy.write_note(
            visit=doses[number], happened_at=held, minutes=50, summary="Talked", next_step="", by=therapist, at=held
        )
    at = doses[9].starts_at + 80 * HOUR
    told = worked.windows(site.patient, at)
    assert [one.state for one in told] == [
        WindowState.DONE, WindowState.MISSED, WindowState.DONE, WindowState.MISSED, WindowState.NONE_OWED,
    ]  # fmt: skip
    reason = "after the 6 doses of the induction a visit is owed after every 2nd dose"
    assert [one.why_none for one in told] == ["", "", reason, "", reason]
    assert sentence(told) == "5 doses given; 2 of 4 windows used."
    assert words_of(told[4], at.tzinfo).startswith(f"Window after dose 9: none owed after this dose, {reason}")
    assert worked.standing(doses[9], at).state is WindowState.NONE_OWED
    with pytest.raises(Refused, match="not missed"):
        therapy.write_missed(visit=doses[9], reason="no_room", said_by="therapist", words="", by=therapist, at=at)
    lone = replace(measures(), smallest_cell=1)
    came = registry.windows(registry.sites(director), since=None, at=at, measures=lone)
    assert {one.words[:6]: one.rate.met for one in came if one.rate and one.rate.met} == {"Used: ": 2, "Missed": 2}
    plan = careplan.gathered(site.patient, at=at, zone=site.clinic.zone)
    assert plan.induction == 6
    page = browser(therapist).get(f"/patients/{site.patient.pk}/therapy/").content.decode()
    assert "None owed after this dose" in page
    assert f"{reason.capitalize()}." in page
    assert page.count(">Say why<") == 2
    tenancy.enter(organisation_id=site.clinic.organisation_id)
    eleventh = a_dose(site, 11)
    the_work_after(eleventh)
    schedule_asks(visit=eleventh, dose_at=eleventh.starts_at, by=nurse, at=eleventh.starts_at + 2 * HOUR)
    assert Duty.objects.filter(kind=INTEGRATION, visit_id=eleventh.pk).exists(), "somebody booked one: it is held"
