"""The stored visits are answered as their authors wrote, and a changed figure shows whom it would answer otherwise."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

import ketacare
from ketacare.medicine.dosing import reader
from ketacare.medicine.dosing.rules import stored
from ketacare.medicine.dosing.rules.stored import Answer, Kind, Revisited, Weighs
from ketacare.medicine.evidence.reader import sheet_from, shelf
from ketacare.medicine.evidence.terms import Sheet
from ketacare.medicine.protocols.reader import PARTS, PROTOCOLS, REGIMENS, protocol

FOLDER = Path(ketacare.__file__).parents[2] / "vignettes"
VISITS = {visit.name: visit for visit in reader.stored_visits(FOLDER)}
SHELF = {name: versions.newest for name, versions in shelf(Path(ketacare.__file__).parent / "medicine").items()}


def with_figure(sheet_id: str, place: str, value: object) -> "dict[str, Sheet]":
    """The shelf with one figure of one sheet changed."""
    table = SHELF[sheet_id].table

    def changed(part, steps):
        if not steps:
            return {**part, "value": value}
        step, *rest = steps
        if isinstance(part, list):
            row = next(at for at, one in enumerate(part) if one.get("id") == step)
            return [changed(one, rest) if at == row else one for at, one in enumerate(part)]
        return {**part, step: changed(part[step], rest)}

    return {**SHELF, sheet_id: sheet_from(changed(table, place.split(".")), sheet_id)}


def told(sheet_id: str, place: str, value: object) -> dict[str, Revisited]:
    """Who is answered differently once this figure is another."""
    new = with_figure(sheet_id, place, value).__getitem__
    judged = stored.judged_by(sheet_id, VISITS.values(), new)
    return {one.visit.name: one for one in stored.revisited(judged, SHELF.__getitem__, new)}


@pytest.mark.parametrize("name", VISITS)
def test_a_visit_is_answered_as_its_author_wrote(name):
    answer = stored.answered(VISITS[name], SHELF.__getitem__)
    assert answer.words == VISITS[name].expected, dict(answer.lines)


def test_every_kind_has_visits_and_a_folder_without_them_has_none(tmp_path):
    assert {visit.kind for visit in VISITS.values()} == set(Kind)
    assert reader.stored_visits(tmp_path) == ()


def test_the_same_sheets_change_nobody():
    assert stored.revisited(VISITS.values(), SHELF.__getitem__, SHELF.__getitem__) == ()


@pytest.mark.parametrize(
    ("sheet", "place", "value", "visit", "was", "becomes"),
    [
        ("tx-1", "parameters.spo2.low_medium", 91, "A6", "Low alarm: SpO2 low", "Medium alarm: SpO2 low"),
        ("tx-1", "parameters.hr.low_medium", 48, "A8", "Medium alarm: Heart rate low", "No alarm"),
        ("rl-iv", "release.sbp_most", 120, "H1", "May go home", "May not go home"),
        ("rl-iv", "release.hr_least", 48, "H8", "May not go home", "May go home"),
        ("readiness-1", "checks.RD-08.prescriber.over", 7, "R7", "Prescriber decides", "Go"),
        ("p-iv-05-2w", "protocol.dose", Decimal("0.4"), "D1", "40 mg", "32 mg"),
        ("iv-amounts-1", "ceilings.confirm_over", 60, "D3", "52 mg held", "52 mg"),
        ("iv-amounts-1", "ceilings.most", 70, "D8", "72 mg held", "72 mg refused"),
        ("titration-1", "rules.TI-3.sessions", 1, "N4", "The same dose, 0.5 mg/kg", "Up one step: 0.6 to 0.75 mg/kg"),
        ("p-iv-05-2w", "protocol.sessions", 5, "C1", "6 doses up to 23-Jul, 54 readings", "5 doses up to 20-Jul, 54"),
    ],
)
def test_h19_a_changed_figure_shows_who_would_be_answered_otherwise(sheet, place, value, visit, was, becomes):
    one = told(sheet, place, value)[visit]
    assert one.outcome_changes
    assert one.old.words == was
    assert one.new.words.startswith(becomes)
    assert one.new.words != was


def test_a_line_that_moves_under_the_same_answer_is_told_and_comes_last():
    """An alarm five seconds later is still the same alarm."""
    found = told("tx-1", "parameters.spo2.delay_high", 10)
    assert not found["A7"].outcome_changes
    assert [(name, old != new) for name, old, new in found["A7"].lines] == [("SpO2 low", True)]
    changes = [one.outcome_changes for one in told("tx-1", "parameters.spo2.low_high", 89).values()]
    assert changes == sorted(changes, reverse=True)
    assert True in changes


def test_what_is_measured_when_is_told_line_by_line():
    one = told("mon-iv", "schedule.nausea.required", [-15, 30])["C1"]
    (line,) = [(old, new) for name, old, new in one.lines if name == "Measured: nausea, required"]
    assert line == ("-15, 15, 30, 40, 60, before leaving", "-15, 30, before leaving")
    assert "After the dose: Integration visit" in stored.answered(VISITS["C1"], SHELF.__getitem__).lines


def test_every_sheet_that_anything_is_ordered_by_is_tried_on_somebody():
    """What no visit reads is named here, with what it is: regimens that nothing is ordered by."""
    unordered = set(REGIMENS) - set(PROTOCOLS)
    tried = {name for name in (*PARTS, *PROTOCOLS) if stored.judged_by(name, VISITS.values(), SHELF.__getitem__)}
    assert {*PARTS, *PROTOCOLS} - tried == set()
    assert stored.judged_by("titration-1", VISITS.values(), SHELF.__getitem__)
    for name in unordered:
        assert not stored.judged_by(name, VISITS.values(), SHELF.__getitem__)


def test_a_dose_that_no_syringe_shows_and_a_course_without_room_are_answers():
    little = replace(VISITS["D1"], dose=type(VISITS["D5"].dose).of("0.0001"))
    assert stored.answered(little, SHELF.__getitem__).words == "Cannot be drawn"
    wide = {"p-iv-05-2w": replace(protocol("p-iv-05-2w"), min_days_between=12)}
    answer = stored.answer(VISITS["C1"], stored._Versions(SHELF.__getitem__, wide))
    assert (answer.words, answer.weighs) == ("No room for the doses", Weighs.STOP)


def test_what_weighs_more_is_another_answer_even_in_the_same_words():
    answer = Answer("Go", Weighs.DONE, {})
    assert Revisited(VISITS["R1"], answer, replace(answer, weighs=Weighs.ACT), ()).outcome_changes
