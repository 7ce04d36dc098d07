"""Child-Pugh: points at every line, classes, and the class that follows from five findings."""

from decimal import Decimal

import pytest

from ketacare.medicine.candidacy import rules
from ketacare.medicine.candidacy.rules import liver
from ketacare.medicine.candidacy.tests.given import SHEET
from ketacare.medicine.candidacy.tests.ordinary import ON, a_fact, judged, ordinary, reason
from ketacare.medicine.evidence.terms import Effect, Result

LINES = SHEET.scales.child_pugh
WELL = {
    "bilirubin_umol_l": Decimal(10),
    "albumin_g_l": Decimal(42),
    "inr": Decimal(1),
    "ascites": "none",
    "encephalopathy": "none",
}


@pytest.mark.parametrize(
    ("name", "value", "points"),
    [
        ("bilirubin_umol_l", "33.9", 1),
        ("bilirubin_umol_l", "34", 2),
        ("bilirubin_umol_l", "51", 2),
        ("bilirubin_umol_l", "51.1", 3),
        ("albumin_g_l", "35.1", 1),
        ("albumin_g_l", "35", 2),
        ("albumin_g_l", "28", 2),
        ("albumin_g_l", "27.9", 3),
        ("inr", "1.69", 1),
        ("inr", "1.7", 2),
        ("inr", "2.3", 2),
        ("inr", "2.31", 3),
        ("ascites", "none", 1),
        ("ascites", "slight", 2),
        ("ascites", "moderate", 3),
        ("encephalopathy", "none", 1),
        ("encephalopathy", "grade 1-2", 2),
        ("encephalopathy", "grade 3-4", 3),
    ],
)
def test_rul_17_points_at_every_line(name, value, points):
    told = Decimal(value) if isinstance(WELL[name], Decimal) else value
    assert liver.points(WELL | {name: told}, LINES) == 4 + points


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, "A"),
        ({"ascites": "slight"}, "A"),
        ({"ascites": "moderate"}, "B"),
        ({"ascites": "moderate", "encephalopathy": "grade 3-4"}, "B"),
        ({"ascites": "moderate", "encephalopathy": "grade 3-4", "inr": Decimal(2)}, "C"),
        (
            {
                "bilirubin_umol_l": Decimal(90),
                "albumin_g_l": Decimal(20),
                "inr": Decimal(3),
                "ascites": "moderate",
                "encephalopathy": "grade 3-4",
            },
            "C",
        ),
    ],
)
def test_rul_17_classes(changes, found):
    assert rules.child_pugh(WELL | changes, LINES) == found


def ill(**changes):
    return ordinary(liver_disease=True, child_pugh=None, ascites="moderate", encephalopathy="grade 3-4", **changes)


def test_the_class_follows_where_all_five_are_known_and_nobody_recorded_it():
    told = reason(judged(ill(inr=2)), "CI-53")
    assert (told.result, told.effect) == (Result.MET, Effect.STOP)
    assert told.facts[0].source.startswith("worked out from bilirubin_umol_l")
    recorded = ordinary(liver_disease=True, child_pugh="A", ascites="moderate", encephalopathy="grade 3-4", inr=3)
    assert reason(judged(recorded), "CI-53").result is Result.UNKNOWN, "a better class on record contradicts them"
    known_worse = ordinary(liver_disease=True, child_pugh="C")
    assert reason(judged(known_worse), "CI-53").result is Result.MET, "and a worse one stands by itself"


def test_the_class_is_as_old_as_its_oldest_finding():
    known = ill(inr=2, albumin_g_l=None).with_(a_fact("albumin_g_l", 43, 90))
    assert reason(judged(known), "CI-53").facts[0].age_days == 90
    stale = ill(inr=2, albumin_g_l=None).with_(a_fact("albumin_g_l", 43, 91))
    assert reason(judged(stale), "CI-53").missing == ("child_pugh",)
    absent = ill(inr=2, albumin_g_l=None)
    assert reason(judged(absent), "CI-53").result is Result.UNKNOWN


def beside(recorded, found, **more):
    """What stands of the class: one on record, beside findings of today that make another."""
    findings = {
        "A": {},
        "B": {"ascites": "moderate"},
        "C": {"ascites": "moderate", "encephalopathy": "grade 3-4", "inr": 3},
    }[found]
    known = ordinary(liver_disease=True, child_pugh=None, **findings).with_(a_fact("child_pugh", recorded, **more))
    return [fact.value for fact in liver.child_pugh_fact(known, LINES, ON)]


@pytest.mark.parametrize(
    ("recorded", "found", "stands"),
    [
        ("A", "A", []),
        ("A", "B", ["B"]),
        ("A", "C", ["C"]),
        ("B", "A", []),
        ("B", "B", []),
        ("B", "C", ["C"]),
        ("C", "A", []),
        ("C", "C", []),
        ("none", "A", []),
        ("none", "B", ["B"]),
    ],
)
def test_a_class_worked_out_stands_only_beside_a_better_one_on_record(recorded, found, stands):
    assert beside(recorded, found) == stands


def test_a_ruling_as_new_as_the_newest_finding_ends_the_contradiction():
    assert beside("A", "C", settles=True) == []
    assert beside("A", "C", days_ago=1, settles=True) == ["C"], "findings newer than the ruling speak again"


def test_the_newest_finding_says_whether_a_ruling_still_holds():
    known = ordinary(
        liver_disease=True, child_pugh=None, albumin_g_l=None, ascites="moderate", encephalopathy="grade 3-4", inr=3
    ).with_(a_fact("albumin_g_l", 43, 60), a_fact("child_pugh", "A", 30, settles=True))
    assert [fact.value for fact in liver.child_pugh_fact(known, LINES, ON)] == ["C"]
