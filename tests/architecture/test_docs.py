"""Docs held to the code: every setting, command, hazard, decision and picture that one names exists in the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ketacare.web.cli import command_names

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
SOURCES = [path for path in (ROOT / "src").rglob("*.py") if "tests" not in path.parts]
TESTS = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "src").rglob("tests/**/*.py")]
SETTING = re.compile(r"\bKETACARE_[A-Z_]+\b")
TEST = re.compile(r"def (test_\w+)")
# Used by the build and by the tests only.
NOT_SETTINGS = {"KETACARE_TESTING", "KETACARE_REFERENCE_DATA", "KETACARE_SIGNS_TO"}
MOST_PICTURE_BYTES = 200_000


def named_in(paths: list[Path], pattern: re.Pattern[str]) -> set[str]:
    return {word for path in paths for word in pattern.findall(path.read_text(encoding="utf-8"))}


def documents() -> Iterator[Path]:
    yield from DOCS.rglob("*.md")
    yield from ROOT.glob("*.md")


def test_every_setting_the_code_reads_is_documented():
    read = named_in(SOURCES, SETTING) - NOT_SETTINGS
    told = named_in(list(DOCS.rglob("*.md")), SETTING)
    assert read - told == set()


def test_no_document_names_a_setting_that_is_gone():
    known = named_in([*SOURCES, *TESTS, ROOT / "make.py"], SETTING)
    assert named_in(list(documents()), SETTING) - known == set()


def test_every_command_a_document_shows_exists():
    shown = named_in(list(documents()), re.compile(r"(?:^ {4}|`)(?:\.venv/bin/)?ketacare ([a-z][a-z-]+)", re.M))
    assert shown - set(command_names()) == set()


def test_every_gesture_of_make_that_a_document_shows_exists():
    gestures = set(re.findall(r'^    "([a-z]+)": \1,$', (ROOT / "make.py").read_text(), re.M))
    assert gestures
    assert named_in(list(documents()), re.compile(r"python3 make\.py ([a-z]+)")) - gestures == set()


# --- hazards ---


def hazards() -> dict[str, str]:
    rows = (DOCS / "safety" / "hazards.md").read_text(encoding="utf-8").splitlines()
    return {row.split("|")[1].strip(): row for row in rows if row.startswith("| H")}


@pytest.mark.parametrize("number", hazards())
def test_every_hazard_in_the_log_names_tests_that_exist(number):
    named = set(re.findall(r"`(test_\w+)`", hazards()[number]))
    assert named
    assert named - named_in(TESTS, TEST) == set()


def cited_hazards(test: str) -> list[str]:
    """A test names its rules first: test_h16_h17_…, test_l6_and_h17_…"""
    rules = re.match(r"test_((?:[a-z]\d{1,2}_(?:and_)?)+)", test)
    return [f"H{int(number)}" for number in re.findall(r"h(\d{1,2})", rules.group(1))] if rules else []


def test_every_hazard_that_a_test_cites_is_in_the_log():
    cited = {hazard for test in named_in(TESTS, TEST) for hazard in cited_hazards(test)}
    assert {"H16", "H17"} <= cited
    assert cited - hazards().keys() == set()


# --- words, decisions, links, pictures ---


def test_every_term_of_the_glossary_is_used():
    rows = re.findall(r"^\| ([^|]+?) \|", (ROOT / "GLOSSARY.md").read_text(encoding="utf-8"), re.M)[1:]
    used = [*SOURCES, *(ROOT / "src").rglob("*.jinja"), *(ROOT / "src").rglob("*.toml")]
    text = "\n".join(path.read_text(encoding="utf-8").lower() for path in used)
    assert [row for row in rows if not any(part.strip(" -").lower() in text for part in row.split(","))] == []


def test_the_glossary_is_in_the_order_of_the_alphabet():
    rows = re.findall(r"^\| ([^|]+?) \|", (ROOT / "GLOSSARY.md").read_text(encoding="utf-8"), re.M)[1:]
    assert [row for row in rows if row.strip("-")] == sorted((row for row in rows if row.strip("-")), key=str.casefold)


def test_decisions_are_numbered_without_a_gap():
    numbers = sorted(int(path.name[:4]) for path in (DOCS / "decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


def test_links_between_documents_lead_somewhere():
    broken = []
    for document in documents():
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", document.read_text(encoding="utf-8")):
            if not (document.parent / target).exists():
                broken.append((document.name, target))
    assert broken == []


def test_every_page_below_docs_is_reached_by_a_link():
    linked = {
        (document.parent / target).resolve()
        for document in documents()
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text(encoding="utf-8"))
    }
    folders = {path for path in linked if path.is_dir()}
    lost = {path for path in DOCS.rglob("*.md") if path not in linked and path.parent not in folders}
    assert lost == set()


def test_pictures_are_small():
    heavy = [path.name for path in DOCS.rglob("*.png") if path.stat().st_size > MOST_PICTURE_BYTES]
    assert heavy == []


def test_no_document_names_a_path_of_one_machine():
    found = named_in(list(documents()), re.compile(r"(?<![\w.-])/(?:home|root|work|tmp|Users)/\S*"))
    assert found == set()


# --- what people are told ---


def test_the_readme_names_the_accounts_of_the_demo():
    from ketacare.web.demo.accounts import ACCOUNTS, PASSWORD, SECOND_NURSE_EMAIL

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    made = {account.email for account in ACCOUNTS if account.role != "IC"} | {SECOND_NURSE_EMAIL}
    assert set(re.findall(r"[\w.]+@demo\.example", readme)) == made
    assert f"`{PASSWORD}`" in readme


def test_the_keys_that_people_are_told_are_those_of_the_menu():
    from ketacare.web.navigation import DESTINATIONS

    known = {place.key: place.label.lower() for place in DESTINATIONS if place.route != "me"}
    told = (DOCS / "how-to" / "README.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"`([a-z])` ([a-z ]+?)(?: of monitors)?[,.]", told.split("**Keys**")[1].split("\n\n")[0]))
    assert len(listed) == len(known) - 1, "the audit page is yet to come"
    assert {key: known.get(key) for key in listed} == listed


def test_every_role_has_a_page():
    from ketacare.clinic.people.models import Role

    pages = {path.stem for path in (DOCS / "how-to").glob("*.md")} - {"README"}
    people = {role.label.lower().replace(" ", "-") for role in Role if role != Role.IC}
    assert pages == people
