"""A dose that the desk moves takes with it what belongs to it, in one step that is shown before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest

from ketacare.clinic.duties.models import Duty
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.people.tests.factories import AT, a_patient, browser, once, someone
from ketacare.clinic.planning.tests.factories import DAY, Site
from ketacare.clinic.planning.tests.test_anew import away, doses
from ketacare.clinic.planning.tests.test_course import as_value
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.forms import wall
from ketacare.clinic.scheduling.models import Visit, VisitKind
from ketacare.clinic.scheduling.queries import anew
from ketacare.clinic.scheduling.views.together import offered
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.medicine.scheduling.terms import Rule, Span, Violation


@pytest.fixture
def site(db) -> Iterator[Site]:
    with patch("ketacare.web.clock.now", lambda: AT):
        yield Site()


def two_days_on(site, dose):
    """Two days of work later, at the same hour."""
    days = 4 if dose.starts_at.weekday() in (3, 4) else 2
    return wall(dose.starts_at + days * DAY, site.desk)


def test_the_desk_moves_the_last_dose_by_two_days_and_its_work_goes_with_it(site):
    site.book()
    dose, desk = doses(site)[-1], browser(site.desk)
    after = [dose.followed_by.get(kind=kind) for kind in (VisitKind.INTEGRATION, VisitKind.REVIEW)]
    typed = {"starts_at": two_days_on(site, dose), "reason": "patient", "version": dose.version}
    url = f"/visits/{dose.pk}/planning/"
    refused = desk.post(url, once(act="move", **typed))
    assert refused.status_code == 422
    page = refused.content.decode()
    shown = desk.get(url, {"starts_at": typed["starts_at"]}).content.decode()
    assert all("What belongs to it goes along" in one and "Move them together" in one for one in (page, shown))
    assert not any("Not allowed here" in one or "Not as the rules want it" in one for one in (page, shown))
    plan = re.search(r'name="plan" value="([^"]+)"', page).group(1)
    sent = {"act": "together", "plan": plan, "version": dose.version, "together_reason": "patient"}
    other = browser(someone(site.clinic, Role.FD, "Other Desk"))
    assert other.post(url, once(**sent)).status_code == 422  # a plan is whose it was shown to
    as_a_day = once(plan=plan, reason="patient")  # whoever plans a day anew is asked for no notice
    assert desk.post("/planning/replan/", as_a_day).status_code == 422
    assert desk.post(url, once(**sent)).status_code == 302
    tenancy.enter(organisation_id=site.clinic.organisation_id)
    now = Visit.objects.get(pk=dose.pk)
    assert wall(now.starts_at, site.desk) == typed["starts_at"]
    for one in after:
        one.refresh_from_db()
        assert one.starts_at > now.starts_at
    assert site.kept() == []
    told = Duty.objects.get(kind="visit.tell", state="open")
    assert (told.visit_id, told.title) == (dose.pk, "Tell the patient the new times of their visits")
    assert told.why.endswith(". The patient asked.")
    zone = ZoneInfo(site.clinic.zone)
    for one in (now, *after):
        assert f"{one.starts_at.astimezone(zone):%a %d-%b %H:%M}" in told.why, "one call says all"
    assert desk.post(url, once(**sent)).status_code == 409  # shown once, done once


def test_a_dose_that_is_shown_with_what_belongs_to_it_asks_for_the_rules_of_nobody_else(site):
    site.book()
    dose = doses(site)[-1]
    scheduling.book_visit(
        patient=a_patient(site.desk), kind=VisitKind.PREPARATION, starts_at=AT + 2 * DAY,
        ends_at=AT + 2 * DAY + timedelta(hours=1), by=site.desk, at=AT,
    )  # fmt: skip
    one = as_value(dose)
    there = replace(one, span=Span(one.span.starts + 2 * DAY, one.span.ends + 2 * DAY))
    with patch.object(anew, "rules_by_patient", side_effect=anew.rules_by_patient) as asked:
        assert offered(dose, there, [Violation(Rule.AFTER, (one.key,), "comes after its dose")], site.desk, AT)
    assert [set(call.args[0]) for call in asked.call_args_list] == [{site.patient.pk}]


def test_nobody_leaves_the_work_of_a_dose_before_it_also_not_by_name(site):
    site.book()
    dose = doses(site)[-1]
    typed = {"starts_at": two_days_on(site, dose), "reason": "patient", "override": "She travels"}
    answer = browser(site.prescriber).post(
        f"/visits/{dose.pk}/planning/", once(act="move", version=dose.version, **typed)
    )
    assert answer.status_code == 422
    assert "comes after its dose" in answer.content.decode()


def test_the_card_says_which_visits_are_not_with_the_therapist_who_was_asked_for(site):
    someone(site.clinic, Role.TH, "Olga Other")
    user = User.objects.get(pk=site.therapist.user_id)
    people.relate(patient=site.patient, user=user, kind="therapist", by=site.desk, at=AT)
    page = browser(site.desk).get(f"/patients/{site.patient.pk}/course/").content.decode()
    assert "Not with" not in page
    away(site, site.therapist, AT, AT + timedelta(days=32))
    page = browser(site.desk).get(f"/patients/{site.patient.pk}/course/").content.decode()
    assert "Not with Teo Therapist, who is not free then: preparation 1" in page
