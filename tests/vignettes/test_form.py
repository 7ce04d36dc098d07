"""The vignettes are well formed, name only what exists, and together exercise every row three ways."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ketacare.medicine.candidacy import reader
from ketacare.medicine.candidacy.reader.vignettes import PARTS
from ketacare.medicine.candidacy.terms import Signatures, Standing
from ketacare.medicine.evidence.terms import Effect, Outcome
from ketacare.web.handbook.vignettes import (
    ABSENT,
    RESULTS,
    coverage,
    exempt,
    exercised,
    files,
    plan,
    read,
    result_of,
    rows,
    rows_of,
)
from tests.vignettes.expand import NORMAL, case_of, outcomes, steps_of

KEYS = {"id", "title", "story", "why", "case", "step", "expected"}
EXPECTED = {
    *("outcome", "needs_clearance", "reasons", "says", "also", "never", "missing", "asks", "cleared", "override"),
    *("trials", "count", "shows"),
}
EFFECTS = {effect.name.lower() for effect in Effect}
FEWEST_VIGNETTES = 60
REQUIRED = [f"V{number:02}" for number in range(1, 29)]


def named(path: Path) -> str:
    return path.stem


def test_there_are_enough_and_the_required_ones_are_among_them():
    ids = [read(path)["id"] for path in files()]
    assert len(ids) == len(set(ids)) >= FEWEST_VIGNETTES
    assert set(REQUIRED) <= set(ids)


def test_the_ordinary_candidate_has_every_fact_of_the_vocabulary():
    assert read(NORMAL)["facts"].keys() == reader.shipped().facts.keys()


def test_the_ordinary_candidate_is_a_case():
    reader.case_from_json(case_of([]))


@pytest.mark.parametrize("path", files(), ids=named)
def test_a_vignette_is_well_formed(path):
    vignette = read(path)
    assert vignette.keys() <= KEYS
    assert path.stem.startswith(vignette["id"].removeprefix("V") + "-")
    assert all(vignette[key].strip() for key in ("title", "story", "why"))
    assert ("step" in vignette) != ("expected" in vignette)
    assert vignette.get("case", {}).keys() <= PARTS
    steps = list(steps_of(vignette))
    assert len({step.name for step in steps}) == len(steps)
    for told in vignette.get("step", ()):
        assert told.keys() <= PARTS | {"name", "expected"}, told["name"]
        assert told["name"]


@pytest.mark.parametrize("path", files(), ids=named)
def test_every_step_is_a_case_that_can_be_read(path):
    for step in steps_of(read(path)):
        try:
            reader.case_from_json(step.case)
        except reader.CaseRefused as refused:
            pytest.fail(f"{step.label}: {refused}")


@pytest.mark.parametrize("path", files(), ids=named)
def test_every_step_expects_only_what_can_be_answered(path):
    for step in steps_of(read(path)):
        expected = step.expected
        assert expected.keys() <= EXPECTED, step.label
        assert outcomes(step) <= set(Outcome), step.label
        for told in set(expected.get("reasons", {}).values()) - {ABSENT}:
            assert told.removeprefix(result_of(told)).strip() in {"", *EFFECTS}, step.label
        assert set(expected.get("override", {}).values()) <= {"none", *Signatures, *rows()}, step.label
        for trial in expected.get("trials", {}).values():
            assert trial.keys() <= {"standing", "why", "by", "flags"}, step.label
            assert trial.get("standing", Standing.NO) in list(Standing), step.label


@pytest.mark.parametrize("path", files(), ids=named)
def test_every_step_names_only_rows_that_exist(path):
    for step in steps_of(read(path)):
        expected = step.expected
        told = {row for row, _ in exercised(expected)}
        told |= {*expected.get("says", {}), *expected.get("override", {}), *expected.get("never", ())}
        told |= {*expected.get("also", ()), *expected.get("cleared", ())}
        told |= {clearance["criterion"] for clearance in step.case["clearances"]}
        assert told - {*rows()} == set(), step.label


def test_a_new_row_of_a_sheet_must_be_exercised_too():
    known = reader.shipped()
    new = replace(known.contraindications.criteria[0], id="CI-99")
    sheet = replace(known.contraindications, criteria=(*known.contraindications.criteria, new))
    assert set(rows_of(replace(known, contraindications=sheet))) - set(rows()) == {"CI-99"}


@pytest.mark.parametrize("result", RESULTS)
def test_every_row_is_exercised_each_way_or_says_why_not(result):
    assert exempt(result).keys() <= set(rows())
    uncovered = {row for row, shown in coverage().items() if not shown[result]}
    assert uncovered - exempt(result).keys() == set()
    assert exempt(result).keys() - uncovered == set(), "exempt, and exercised all the same"


def test_every_exemption_has_its_reason():
    assert all(len(reason.split()) > 3 for table in plan()["exempt"].values() for reason in table.values())
