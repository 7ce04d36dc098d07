"""Every role of the demo signs in, sees its own home, and is told what to do at a page that is not for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from tests.browser import Product
from tests.journeys.people import Findings, Someone, Team

from ketacare.web.demo.accounts import demo_accounts

pytestmark = [pytest.mark.browser, pytest.mark.demo]

# The account, where its home is, and a page that its role may not open.
NOT_FOR = {
    "front.desk": ("/", "/ledger/"),
    "nurse": ("/", "/audit/"),
    "nurse.two": ("/", "/audit/"),
    "prescriber": ("/", "/audit/"),
    "therapist": ("/", "/ledger/"),
    "therapist.of.another.practice": ("/", "/sessions/"),
    "medical.director": ("/", "/referrals/new"),
    "auditor": ("/", "/referrals/new"),
    "administrator": ("/", "/patients/"),
    "referring.clinician": ("/", "/sessions/"),
    "researcher": ("/", "/patients/"),
    "patient": ("/me/", "/ledger/"),
}


@pytest.fixture
def team(product: Product, browser: Browser) -> Iterator[Team]:
    findings = Findings({"Okoro", "Weiss"})
    team = Team(browser, product.address, findings)
    yield team
    team.go_home()
    assert findings.found == []


def test_every_role_has_a_home_and_a_limit(team: Team) -> None:
    assert {f"{account}@demo.example" for account in NOT_FOR} == {account["email"] for account in demo_accounts()}
    for account, (home, denied) in NOT_FOR.items():
        someone = team.signed_in(account)
        sees_home(someone, account, home)
        is_denied(someone, account, denied)


def sees_home(someone: Someone, account: str, home: str) -> None:
    expect(someone.page).to_have_url(f"{someone.address}{home}")
    expect(someone.page.get_by_role("heading", level=1)).to_be_visible()
    someone.look(f"home-of-{account}")


def is_denied(someone: Someone, account: str, address: str) -> None:
    answer = someone.page.goto(address)
    assert answer is not None
    assert answer.status == 403, f"{account} at {address}"
    someone.sees("Your account does not allow this")
    someone.sees("whoever administers it")
    expect(someone.page.get_by_role("link", name="Go to the home page")).to_be_visible()
    someone.look(f"denied-{account}")
