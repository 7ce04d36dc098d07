"""What the rules of the next dose and of the dosing weight answer, whole: a part that is lost is told."""

from decimal import Decimal

import pytest

from ketacare.medicine.dosing.rules import descriptors as weights
from ketacare.medicine.dosing.rules.descriptors import AMOUNTS, descriptors, figure, rules_by_id
from ketacare.medicine.dosing.rules.titration import Direction, explained
from ketacare.medicine.dosing.tests.test_titration import asked, nasal, sessions
from ketacare.medicine.evidence.terms import weakest
from ketacare.medicine.pharmacology.terms import Drug
from ketacare.medicine.quantities.terms import MassPerWeight, Weight

REVIEW, STAY, NONE = Direction.REVIEW, Direction.STAY, Direction.NONE
DAYS = "The last dose was {} days ago: more than {}."
HELPS = "Improvement since the baseline: {} %."


def whole(found):
    return found.direction, found.words, found.reasons, found.missing, [rule.id for rule in found.rules]


@pytest.mark.parametrize(
    ("before", "improvement", "answer"),
    [
        (
            sessions({}, {}), "19.9",
            (Direction.UP, "Up one step: 0.6 to 0.75 mg/kg.",
             (HELPS.format("19.9"), "Little improvement, no event, pressure under both lines."), (), ["TI-3", "TI-1"]),
        ),
        (
            sessions({}, {}), "25.04",
            (STAY, "The same dose, 0.5 mg/kg: it helps.", (HELPS.format("25"), "25 % or more."), (), ["TI-3"]),
        ),
        (
            sessions({}, {}), "24.9",
            (REVIEW, "The sheet leaves this to the prescriber.", (HELPS.format("24.9"), "Between 20 and 25 %."), (),
             ["TI-3"]),
        ),
        (
            sessions({}), "10",
            (STAY, "The same dose, 0.5 mg/kg.",
             (HELPS.format("10"), "1 of 2 sessions at this dose ran to their end."), (), ["TI-3"]),
        ),
        (
            sessions({}, {}, {}, {}), "19",
            (REVIEW, "Under 20 % after 4 sessions: stop or change.", (HELPS.format("19"),), (), ["ST-2"]),
        ),
        (
            sessions(*({},) * 4), "20",  # the line itself is not under it
            (REVIEW, "The sheet leaves this to the prescriber.", (HELPS.format("20"), "Between 20 and 25 %."), (),
             ["TI-3"]),
        ),
        (
            sessions({}, {}, ago=91), "10",
            (REVIEW, "A new enrolment check, consent and baseline scales.", (DAYS.format(91, 90),), (), ["MS-4"]),
        ),
        (
            sessions({}, {}, ago=22), "10",
            (REVIEW, "Screened again, and the dose started again at the protocol's first.", (DAYS.format(22, 21),), (),
             ["MS-3"]),
        ),
        (
            sessions({}, {}, ago=8), "10",
            (STAY, "The same dose, 0.5 mg/kg, and the facts checked again.", (DAYS.format(8, 7),), (), ["MS-3"]),
        ),
        (
            sessions({}, {"vomited": 2}), "10",
            (Direction.DOWN, "20 % less: 0.4 mg/kg. Or the same dose 1.5 times slower: over 60 min.",
             ("Vomited 2 times: 2 or more.",), (), ["TI-4", "TI-1"]),
        ),
        (
            sessions({}, {"worst_related": 3}), "10",
            (REVIEW, "Whether the course goes on is judged before another dose.",
             ("An event of grade 3 in the last session: 3 or above may end the course.",), (), ["ST-3"]),
        ),
        (
            sessions({}, {"distress": None}), "10",
            (NONE, "No suggestion: something the rules read is not known.", (), ("distress of the last session",), []),
        ),
        (
            [], "10",
            (NONE, "No suggestion: there is no earlier dose. The first is the protocol's.", (), (), []),
        ),
        (
            sessions({}, {"route": "po", "dose": MassPerWeight.of("2")}), "10",
            (REVIEW, "The last dose, 2 mg/kg PO of 17-Mar-2026, was of another drug or route: no step leads from it to "
             "this one. The prescriber decides.", (), (), []),
        ),
    ],
)  # fmt: skip
def test_the_next_dose(before, improvement, answer):
    assert whole(asked(before, improvement)) == answer


def test_without_a_step_size_nothing_is_suggested():
    words = "No suggestion: the sheets have no step size for this route."
    assert whole(asked(sessions({"route": "IM"}), route="IM")) == (NONE, words, (), (), [])


def test_each_event_without_a_grade_is_named():
    found = asked(sessions({"ungraded": ("nausea", "headache")}, {}))
    assert found.missing == ("grade of what happened on 14-Mar-2026: nausea, headache",)


def test_the_floor_itself_is_a_dose():
    """0.3125 x 0.8 = 0.25 mg/kg."""
    change = {"dose": MassPerWeight.of("0.3125"), "vomited": 2, "minutes": None}
    assert asked(sessions(change)).words == "20 % less: 0.25 mg/kg."


def test_esketamine_up_and_its_reasons():
    before = sessions(nasal("56"), nasal("56"))
    reasons = (HELPS.format("10"), "Little improvement, no event, pressure under both lines.")
    found = asked(before, drug=Drug.ESKETAMINE, route="IN")
    assert whole(found) == (Direction.UP, "One device more: 84 mg.", reasons, (), ["TI-3", "TI-2"])


def test_from_65_the_rule_for_the_elderly_is_explained_and_by_mouth_its_own():
    assert "AD-1" in {rule.id for rule in explained(Drug.KETAMINE, "IV", 65)}
    assert "AD-5" in {rule.id for rule in explained(Drug.KETAMINE, "po", 40)}
    assert "AD-5" not in {rule.id for rule in explained(Drug.KETAMINE, "IV", 40)}


# --- the dosing weight -----------------------------------------------------------------------------------------------

USUAL = rules_by_id(AMOUNTS)["WD-1"]
BY_INDEX, CAP = rules_by_id(AMOUNTS)["WD-2"], figure(rules_by_id(AMOUNTS)["WD-3"], "weight_cap")


def found(kg, cm, sex="female"):
    return descriptors(Weight.of(kg), None if cm is None else Decimal(cm), sex)


def test_each_weight_with_its_working_grade_and_sources():
    first, ideal, adjusted, capped = found("140", "180", "male").offered
    said = figure(BY_INDEX, "adjusted_share")
    base, inch = figure(BY_INDEX, "ideal_base_male"), figure(BY_INDEX, "ideal_per_inch")
    assert first == weights.Described("actual", Weight.of(140), "as weighed", USUAL.grade, USUAL.sources)
    assert (ideal.name, ideal.grade, ideal.sources) == ("ideal", weakest([base.grade, inch.grade]), base.sources)
    assert (adjusted.grade, adjusted.sources) == (weakest([ideal.grade, said.grade]), said.sources)
    assert capped == weights.Described("capped", Weight.of(100), "the cap some clinics set", CAP.grade, CAP.sources)


@pytest.mark.parametrize(
    ("kg", "cm", "sex", "index", "missing"),
    [
        ("70", "175", "male", "22.9", ()),
        ("110", None, "male", None,
         ("Height: not known, so body mass index, ideal and adjusted weight are not worked out. Measure it.",)),
        ("110", "170", "unknown", "38.1",
         ("Sex: not known as female or male, so ideal and adjusted weight are not worked out.",)),
        ("110", "150", "male", "48.9",
         ("Height: the formula of ideal weight begins at 152.4 cm, so it is not worked out.",)),
    ],
)  # fmt: skip
def test_where_only_the_actual_weight_is_worked_out_it_is_the_one_and_why(kg, cm, sex, index, missing):
    told = found(kg, cm, sex)
    assert told.default == told.offered[0]
    assert told.why == f"{USUAL.words}."
    assert (None if told.index is None else str(told.index)) == index
    assert told.missing == missing


def test_on_the_lines_of_the_weights():
    """76.8 / 1.6^2 is 30.0; 100 kg is not over the cap of 100; 152.4 cm is 60 in, and the ideal its base."""
    assert [one.name for one in found("76.8", "160").offered] == ["actual", "ideal", "adjusted"]
    assert [one.name for one in found("100", "200").offered] == ["actual"]
    assert [one.name for one in found("100.1", "200").offered] == ["actual", "capped"]
    assert str(found("80", "152.4").offered[1].weight) == "45.5 kg"
    assert found("95", "170").missing == ()


def test_a_series_is_named_where_one_figure_is_asked_for():
    with pytest.raises(KeyError, match="minutes"):
        figure(rules_by_id(AMOUNTS)["VI-3"], "minutes")
