"""What a browser puts on paper of a page: the words of each sheet."""

from __future__ import annotations

import shutil
import subprocess

from playwright.sync_api import Page

SMALL = {"width": "148mm", "height": "160mm"}  # so that a page of this programme takes several sheets


def sheets(page: Page) -> list[str]:
    """The words of each sheet as printed on small paper; none where this machine cannot read a PDF."""
    if shutil.which("pdftotext") is None:
        return []
    told = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=page.pdf(**SMALL), capture_output=True, check=True
    ).stdout.decode()
    return told.removesuffix("\f").split("\f")


def every_sheet_says_whose_it_is(page: Page, *marks: str) -> None:
    """Name, birth date, record number and the number of the sheet, on the first sheet and on every other."""
    record = page.locator(".who__facts span", has_text="Record").inner_text().split()[-1]
    found = sheets(page)
    assert not found or len(found) > 1, "too short to show it: print something longer"
    for number, words in enumerate(found, start=1):
        for mark in (*marks, f"Record {record}", f"Page {number} of {len(found)}"):
            assert mark in words, f"sheet {number} of {page.url} does not say {mark!r}"


def nothing_of_a_training_clinic_is_printed(page: Page) -> None:
    """The band that stands on every page of such a clinic keeps the page off paper (H39)."""
    page.evaluate("document.body.insertAdjacentHTML('afterbegin', '<aside class=\"training\">Training</aside>')")
    told = "TRAINING CLINIC: nothing of it is printed. Read it on the screen. Page 1 of 1"
    assert [" ".join(words.split()) for words in sheets(page)] in ([told], [])
