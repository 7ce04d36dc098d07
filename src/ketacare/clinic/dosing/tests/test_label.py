"""The preparation label: two identifiers, what is in it and who says so; and who may print it when."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.people.tests.factories import browser

pytestmark = pytest.mark.django_db


def words(answer) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed here")
    told = subprocess.run(["pdftotext", "-layout", "-", "-"], input=answer.content, capture_output=True, check=True)
    return told.stdout.decode()


def test_the_label_of_an_infusion_before_and_after_the_check():
    day = f.a_day()
    address = f"/sessions/{day.visit.pk}/label.pdf"
    f.to_go(day)
    assert browser(day.nurse).get(address).status_code == 404
    f.orders.sign_order(session=day.session, order=f.an_order(day), by=day.prescriber, at=f.later(2))
    f.draw(day)
    assert browser(day.second).get(address).status_code == 404  # it would lead the second person
    mine = browser(day.nurse).get(address)
    assert mine["Content-Type"] == "application/pdf"
    told = words(mine)
    for wanted in (
        "REED, Jo", "Born 14-Jul-1985", "Record", "ketamine (racemic)", "INTRAVENOUS", "40 mg", "4 mL of 10 mg/mL",
        "+ 96 mL of 0.9 % saline = 100 mL, 0.4 mg/mL", "150 mL/h for 40 min", "lot L7", "by Ann Vale", "discard after",
    ):  # fmt: skip
        assert wanted in told
    assert "Ben Moss" not in told
    f.check(day)
    assert "Ben Moss" in words(browser(day.second).get(address))


def test_an_order_on_paper_says_whose_it_is_wherever_its_sheet_ends():
    """The readiness list fills the first sheet: the order beneath it names the patient itself."""
    day = f.a_day()
    panel = browser(day.nurse).get(f"/sessions/{day.visit.pk}/").content.decode().split('id="order"')[1]
    assert "REED, Jo, born 14-Jul-1985, record " in panel.split("</section>")[0]


def test_the_label_of_devices_has_their_serials_and_no_pump():
    day = f.a_day(sheet="p-esk-trd")
    f.two_devices(day)
    told = words(browser(day.nurse).get(f"/sessions/{day.visit.pk}/label.pdf"))
    for wanted in ("esketamine", "NASAL", "56 mg", "2 x device of 28 mg", "D1, D2", "expires 31-Mar-2027"):
        assert wanted in told
    assert "mL/h" not in told
