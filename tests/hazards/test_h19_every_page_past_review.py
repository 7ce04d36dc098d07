"""H19: every page of a patient, of a visit and of a sheet that states a sheet's figures says so when that sheet is past
its review date. The pages are found from the resolver: one added tomorrow says it, or says here why it need not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ketacare.clinic.outcomes import actions as outcomes
from ketacare.clinic.outcomes.actions import Rater
from ketacare.clinic.people.access import may
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import AT, browser, just_confirmed
from ketacare.medicine.evidence.rules import reviews
from tests.architecture.test_routes import GUARDED, Route, arguments_of
from tests.world import World, a_world

ABOUT_ONE = {"patient_id", "visit_id", "sheet_id"}
SAYS = ("past its review date of", "were to be read again by")
ROLES = (Role.RX, Role.RN, Role.MD, Role.FD, Role.AD, Role.TH, Role.AU, Role.PT)
# Nothing of these is read from a sheet.
WITHOUT = {
    "calming-plan": "what was written with the patient",
    "caregivers": "who may know what",
    "course-pause": "since when, and why",
    "enrolment": "nobody is accepted in this world; with a plan it is opened by the test that NOT_HERE names",
    "emergency-open": "how a chart is opened in an emergency",
    "family-doctor": "an address",
    "own-pages": "who may open them",
    "patient-messages": "what went out and came back",
    "risk-flag": "who put it up and who lowers it",
}
# A file to print: the line in its foot is held by test_h19_what_is_printed_says_so_in_its_foot and its neighbour; the
# label of a syringe has room for the dose alone, and the pages it is printed from say it.
PRINTED = {"clearance-letter", "note-pdf", "session-label"}
# What this world has not: no plan (test_h19_pages_that_judge_by_a_sheet_past_review_say_so), no care plan, no decision
# to write of, no esketamine, no session to replay.
NOT_HERE = {
    "plan-summary", "care-plan-copy", "care-plan-letter-pdf", "care-plan-version", "referrer-letter", "session-rems",
    "session-replay",
}  # fmt: skip


def test_h19_every_page_that_states_a_sheets_figures_says_that_it_is_past_review(db, monkeypatch):
    world = a_world()
    rater = Rater(name="Dr Roth", profession="psychologist", came="video", hidden=("dose",), edition="1979")
    items = {str(item): 2 for item in range(1, 10)} | {"10": 1}
    outcomes.rate(
        patient=world.patient, scale="madrs", answers=items, rater=rater, happened_at=AT, by=world.staff["RN"], at=AT
    )
    world.staff["TH"] = replace(world.staff["TH"], user_id=world.more["relation"].user_id)  # the one who treats
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT)
    monkeypatch.setattr(reviews, "expired", lambda *_: True)
    told = {route.name: answer for route, answer in opened(world)}
    assert {name for name, answer in told.items() if answer is None} == NOT_HERE
    shown = {name: answer.content.decode(errors="replace") for name, answer in told.items() if answer is not None}
    silent = {name for name, page in shown.items() if not any(words in page for words in SAYS)}
    assert silent == WITHOUT.keys() | PRINTED
    for name in ("session", "session-medicines"):  # of many sheets one line is read, and the others open
        assert shown[name].partition('<details class="review-overdue')[2].count(SAYS[0]) > 3, name


def opened(world: World) -> Iterator[tuple[Route, Any]]:
    """Each such page as the first who may open it sees it; None where this world has none."""
    clients = {role: just_confirmed(browser(world.staff[role])) for role in ROLES}
    for route in GUARDED:
        if not ABOUT_ONE & set(route.parameters):
            continue
        path = route.path(arguments_of(world, route))
        role = next(one for one in ROLES if may(world.staff[one], route.guard.object_name, route.guard.act))
        answer = clients[role].get(path)
        if answer.status_code != 405:  # an act, and no page
            yield route, answer if answer.status_code in (200, 422) else None
