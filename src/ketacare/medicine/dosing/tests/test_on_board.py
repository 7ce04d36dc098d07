"""What is taken, in the words of the kinetics: a number only where one was published, else words; C is refused."""

from decimal import Decimal

import pytest

from ketacare.medicine.candidacy import reader
from ketacare.medicine.candidacy.terms.case import TakenMedicine
from ketacare.medicine.dosing.rules.on_board import kidney_line, on_board, severe_kidneys
from ketacare.medicine.pharmacology.terms import Route

KNOWLEDGE = reader.shipped()


def board(*names, routes=(Route.IV,), **more):
    asked = {"child_pugh": "none", "kidneys_severe": False} | more
    return on_board(tuple(TakenMedicine(name) for name in names), KNOWLEDGE, routes, **asked)


def words(found, who):
    return " ".join(f"{one.title}. {one.words}" for one in found.told if one.who == who)


@pytest.mark.parametrize(
    ("name", "condition"),
    [("Rifadin", "rifampicin"), ("ticlopidine", "ticlopidine"), ("Biaxin", "clarithromycin"),
     ("St. John's wort", "st_johns_wort")],
)  # fmt: skip
def test_a_medicine_with_a_published_size_changes_the_curve_and_says_by_whom(name, condition):
    found = board(name)
    assert found.names == (condition,)
    (one, *_) = found.changing
    assert one.sources
    assert one.grade in ("D", "M")
    assert (found.refused, found.unknown) == ((), ())


def test_an_inhibitor_without_a_published_size_has_words_and_no_number():
    found = board("ketoconazole")
    assert (found.names, found.changing) == ((), ())
    assert "No number is predicted for it" in words(found, "ketoconazole")
    assert found.refused == ()


@pytest.mark.parametrize("name", ["ketoconazole", "ticlopidine", "grapefruit"])
@pytest.mark.parametrize("route", [Route.PO, Route.SL])
def test_an_inhibitor_beside_a_swallowed_dose_forbids_a_number(name, route):
    (why,) = board(name, routes=(Route.IV, route)).refused
    assert why.startswith(f"{name}: with ketamine by mouth exposure at least doubles: reduce or avoid")


def test_an_inducer_lowers_and_has_no_number_of_its_own():
    found = board("carbamazepine", routes=(Route.PO,))
    assert (found.names, found.refused) == ((), ())
    assert "never raised automatically" in words(found, "carbamazepine")


def test_what_moves_pressure_or_wakefulness_leaves_the_curve_alone():
    found = board("phenelzine", "diazepam", "Ritalin", "sertraline")
    assert found.names == ()
    assert "Raises blood pressure; the curve is not changed" in words(found, "phenelzine")
    assert "Sedates; the curve is not changed" in words(found, "diazepam")
    assert "and raises the pulse" in words(found, "methylphenidate (Ritalin)")
    assert words(found, "sertraline") == "CYP2B6 inhibitors. Weak: noted only, no number is predicted for it"
    assert board("sertraline", routes=(Route.PO,)).refused == ()


def test_the_order_of_the_list_changes_nothing_and_twice_is_once():
    assert board("Rifadin", "ticlopidine") == board("ticlopidine", "Rifadin")
    assert board("Rifadin", "rifampin").names == ("rifampicin",)


def test_what_nobody_asked_or_nobody_knows_is_told_and_not_taken_as_nothing():
    found = on_board(None, KNOWLEDGE, (Route.IV,))
    assert [one.split(":")[0] for one in found.unknown] == ["Medicines", "Liver"]
    assert board("Wundermittel").unknown == (
        "Wundermittel: no drug of the formulary bears this name, so it is not counted in.",
    )


def test_the_liver_b_changes_and_c_refuses():
    moderate, severe = board(child_pugh="B"), board(child_pugh="C")
    assert (moderate.names, moderate.changing[0].who, moderate.refused) == (("child_pugh_b",), "Liver", ())
    assert severe.names == ()
    assert severe.refused == ("Liver disease, Child-Pugh C. Not studied: no course is predicted. Judge without one.",)


def test_severe_kidney_disease_widens_the_band():
    assert board(kidneys_severe=True).names == ("renal_severe",)
    assert board(kidneys_severe=None).names == ()


@pytest.mark.parametrize(
    ("egfr", "dialysis", "severe"),
    [("14.9", None, True), ("15", None, False), ("90", True, True), (None, True, True), (None, None, None),
     (None, False, None)],
)  # fmt: skip
def test_kidneys_are_severe_under_the_line_or_on_dialysis(egfr, dialysis, severe):
    assert severe_kidneys(None if egfr is None else Decimal(egfr), dialysis, Decimal(15)) is severe


def test_the_line_of_severe_kidney_failure_is_that_of_the_sheet():
    assert kidney_line(KNOWLEDGE) == 15
