"""A director of two sites amends a sheet at one, sees whom it changes, signs, and goes back; the other site stays."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.browser import ROOT, Product
from tests.journeys.people import Findings, Someone, Team

from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role, Staff, User
from ketacare.clinic.protocols import actions, queries
from ketacare.clinic.protocols.models import Adoption
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.models import Clinic
from ketacare.web import clock

pytestmark = [pytest.mark.browser, pytest.mark.demo]
SHEET = "trials-1"
HERE, THERE = "Harbour Street Clinic", "Hill Road Clinic"
FEW = ("normal.toml", "01-two-failed-trials.toml", "02-five-weeks.toml")


@pytest.fixture(autouse=True)
def few_cases(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Two stored cases stand for all; the process under test reads their folder from its environment."""
    folder = tmp_path / "few"
    folder.mkdir()
    for name in FEW:
        shutil.copy(ROOT / "vignettes" / name, folder / name)
    monkeypatch.setenv("KETACARE_VIGNETTES", str(folder))


@pytest.fixture
def director(few_cases: None, product: Product, browser: Browser) -> Iterator[Someone]:
    hill_road()
    findings = Findings()
    team = Team(browser, product.address, findings)
    yield team.signed_in("medical.director")
    team.go_home()
    assert findings.found == []


def inside() -> AbstractContextManager[None]:
    """Rows are seen and written in the tenant's name."""
    return tenancy.tenant(Clinic.objects.get(name=HERE).organisation_id)


def hill_road() -> None:
    """A second site of the same organisation, with the same director, on the sheet as it ships."""
    here, at = Clinic.objects.get(name=HERE), clock.now() - timedelta(days=1)
    with inside():
        there = tenancy.found_clinic(
            organisation=here.organisation, name=THERE, zone=here.zone, country="US", is_training=True
        )
        user = User.objects.get(email="medical.director@demo.example")
        house = {"organisation_id": there.organisation_id, "clinic_id": there.pk}
        Staff.objects.create(**house, created_at=at, user=user, role=Role.MD)
        by = Actor(user_id=user.pk, name=user.name, role=str(Role.MD), zone=there.zone, **house)
        actions.adopt(sheet_id=SHEET, version=shipped(), by=by, at=at)


def shipped() -> str:
    return queries.on_shelf(SHEET).newest.header.version


def needed(clinic: str) -> int:
    with inside():
        in_force = queries.knowledge_in_force(Clinic.objects.get(name=clinic).pk)
        return in_force.knowledge.trials.needed.integer


def test_a_director_amends_for_one_site_and_goes_back(director: Someone) -> None:
    work_at(director, HERE)
    amends(director)
    reads_what_changes(director)
    signs(director)
    assert (needed(HERE), needed(THERE)) == (3, 2)
    work_at(director, THERE)
    director.go(f"/protocols/{SHEET}/")
    director.sees(f"Version {shipped()} is adopted")
    work_at(director, HERE)
    goes_back(director)
    assert (needed(HERE), needed(THERE)) == (2, 2)
    with inside():
        assert Adoption.objects.filter(clinic__name=THERE, sheet_id=SHEET).count() == 1


def work_at(director: Someone, clinic: str) -> None:
    director.go("/sign-ins/")
    button = director.page.get_by_role("button", name=f"Work as medical director, {clinic}")
    if button.count():
        button.click()


def amends(director: Someone) -> None:
    director.go(f"/protocols/{SHEET}/amend")
    director.confirm_if_asked()
    director.page.locator("summary", has_text="Enough").click()
    director.page.locator('[name="enough.trials"]').fill("3")
    director.page.locator('[name="why enough.trials"]').fill("Our payers ask for three")
    director.look("amend-a-sheet")
    director.press("Keep this copy and compare")


def reads_what_changes(director: Someone) -> None:
    director.sees("Changed: value, source, grade")
    director.sees("Clinic's own: Dr Mara Feldt")
    director.look("what-would-change")
    director.follow("Go on to the stored cases")
    director.sees("would be answered otherwise")
    director.sees("Two medicines did not help")
    director.look("stored-cases")


def signs(director: Someone) -> None:
    director.follow("Go on to sign")
    director.tick("I have read")
    director.press(f"Adopt version {shipped()}+clinic.1")
    director.sees(f"Version {shipped()}+clinic.1 is adopted")
    director.look("amended-sheet-adopted")


def goes_back(director: Someone) -> None:
    director.go(f"/protocols/{SHEET}/history")
    director.follow(f"Roll back to {shipped()}")
    director.confirm_if_asked()
    director.fill("Why", "Too few people qualified")
    director.look("roll-back")
    director.press(f"Roll back to {shipped()}")
    director.go(f"/protocols/{SHEET}/history")
    director.sees(f"Rolled back to version {shipped()}")
    director.look("history-of-a-sheet")
