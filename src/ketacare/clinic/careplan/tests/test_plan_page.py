"""The plan as its page shows it: what comes next first, the way to each part, and what is folded where."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from ketacare.clinic.careplan.tests.factories import LATER, planned
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.enrolment.queries import current_enrolment
from ketacare.clinic.people.tests.factories import AT, browser
from ketacare.clinic.planning.actions import pause_course

pytestmark = pytest.mark.django_db
FOLDED = re.compile(r'<details class="more said__rest">.*?</details>', re.DOTALL)


def test_the_next_date_stands_first_parts_are_one_jump_away_and_long_ones_folded_but_no_safety_plan(
    monkeypatch,
):
    here = planned()
    monkeypatch.setattr("ketacare.web.clock.now", lambda: LATER)
    for number in range(9):
        duties.open_duty(
            kind="chase", title=f"Chase result {number}", patient=here.patient, owner_role="RN", why="Overdue",
            due_at=LATER + timedelta(hours=number + 1), link=f"/duties/?{number}", by=here.staff["RN"], at=AT,
        )  # fmt: skip
    page = browser(here.staff["RX"]).get(reverse("care-plan", args=[here.patient.pk])).content.decode()
    main = page[page.index('id="main"') :]
    following = re.search(r'<p class="careplan__next">.*?</p>', main, re.DOTALL)
    assert following
    assert "Dosing session 1</b>" in following[0]
    assert "Wed 15-Jul-2026 10:05" in following[0]
    for part in here.plan(LATER):
        assert f'href="#{part.id}"' in main
        assert f'id="{part.id}"' in main
    folded = " ".join(FOLDED.findall(main))
    assert ("Chase result 8" in folded, "Chase result 0" in main) == (True, True)
    assert "Warning signs" in main
    assert "Warning signs" not in folded
    assert "said__rest" not in FOLDED.sub("", main[: main.index('id="people"')])


def test_h5_a_paused_course_is_said_before_what_is_still_booked_on_the_plan_and_on_the_chart(monkeypatch):
    here = planned()
    monkeypatch.setattr("ketacare.web.clock.now", lambda: LATER)

    def pages() -> list[str]:
        named = ("care-plan", here.staff["RX"]), ("patient", here.staff["RX"]), ("patient", here.staff["FD"])
        return [browser(who).get(reverse(name, args=[here.patient.pk])).content.decode() for name, who in named]

    assert not [page for page in pages() if "course is paused" in page]
    course = current_enrolment(here.patient)
    assert course is not None
    pause_course(enrolment=course, reason="Away", booked="keep", by=here.staff["FD"], at=LATER)
    plan, *charts = pages()
    following = plan[plan.index("careplan__next") :]
    assert "The course is paused</b>" in following[:400]
    assert "since 14-Jul-2026" in following[:400]
    for chart in charts:
        assert ">The course is paused</h1>" in chart
        assert "Booked next: dosing session Wed 15-Jul-2026 10:05" in chart
        assert "No dose begins until the course goes on." in chart
        assert "doses, paused." in chart
