"""Where a line is met exactly, where a sheet leaves one out, and where nothing is given: what then is asked, and drawn.

Found by changing the rules one small piece at a time (docs/safety/results/mutation-dose-and-limits.md)."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from ketacare.medicine.dosing import rules
from ketacare.medicine.dosing.rules import descriptors
from ketacare.medicine.dosing.terms import AtHome, Hold, HoldKind
from ketacare.medicine.dosing.tests.test_order import order as of_80
from ketacare.medicine.dosing.tests.test_routes import AT, IM, IV, KAP, SL, order
from ketacare.medicine.protocols.reader import protocol
from ketacare.medicine.quantities.terms import Concentration, Duration, Mass, Volume, Weight

TWO_STEPS = protocol("p-iv-2step")


def with_lines(sheet, **lines):
    return replace(sheet, ceilings=replace(sheet.ceilings, **lines))


def names(an_order):
    return [hold.name or hold.rule for hold in rules.work_out(an_order).open_holds]


def step(an_order, name):
    return next(one.words for one in rules.work_out(an_order).steps if one.name == name)


# --- a line that a sheet has otherwise, or leaves out -----------------------------------------------------------------


def test_wd_6_one_session_is_told_as_one():
    once = with_lines(IV, most_per_week=1)
    (hold,) = [one for one in rules.work_out(order(once, "0.5", given_this_week=1)).open_holds if one.name == "week"]
    assert hold.words.startswith("Week: 1 session of ketamine (racemic) in the last 7 days; the most is 1. ")


def test_wd_6_a_second_injection_is_no_second_session_and_a_sheet_may_leave_the_line_out():
    second = order(KAP, "0.25", second_of=Mass.of(36), given_today=Mass.of(36), given_this_week=9)
    assert "week" not in names(second)
    assert "week" not in names(order(with_lines(IV, most_per_week=None), "0.5", given_this_week=9))


@pytest.mark.parametrize("line", ["two_people_under", "two_people_over_by_weight"])
def test_h2_a_sheet_without_one_of_the_two_lines_asks_nothing_about_speed(line):
    fast = order(IV, "1.2", minutes=Duration.of(30))
    assert "fast" in names(fast)
    assert "fast" not in names(replace(fast, protocol=with_lines(IV, **{line: None})))


def test_ti_5_a_sheet_without_a_least_dose_says_its_times_alone():
    slow = order(with_lines(IV, floor_by_weight=None), "0.5", minutes=Duration.of(400))
    assert "Dose: 0.5 mg/kg in 400 min is outside the sheet (40 min to 80 min)." in " ".join(
        hold.words for hold in rules.work_out(slow).open_holds
    )


def test_wd_5_the_same_day_is_told_once_and_not_as_days_between():
    assert names(order(IM, "0.5", last_started_at=AT - timedelta(hours=1))) == ["WD-5"]


def test_a_second_injection_of_a_session_that_began_before_midnight_waits_for_no_days():
    second = order(KAP, "0.25", second_of=Mass.of(36), given_today=Mass.of(36), last_started_at=AT - timedelta(days=1))
    assert "days" not in names(second)


def test_wd_5_what_is_left_of_the_day_holds_a_second_injection_at_its_start_too():
    second = order(KAP, "0.4", second_of=Mass.of(60), given_today=Mass.of(60))
    assert [hold.rule for hold in rules.day_holds(second, Mass.of("28.8"))] == ["WD-5"]


# --- on the line ------------------------------------------------------------------------------------------------------


def test_i12_a_syringe_that_is_off_by_exactly_the_most_may_be_used():
    """62.5 mg of 10 mg/mL are 6.25 mL; a 10 mL syringe shows 6.2: 62 mg, 0.8 % less."""
    asked = order(IV, "1", weight=Weight.of("62.5"), vial=Concentration.of(10), confirmed_by_prescriber=True)
    for most, held in (("0.8", False), ("0.79", True)):
        found = names(replace(asked, protocol=replace(IV, rounding_most_percent=Decimal(most))))
        assert ("I12" in found) is held


def test_h40_a_rate_that_is_off_by_exactly_the_most_may_be_set():
    """0.25 mL over 60 min of 50 mg/mL undiluted: 0.25 mL/h, set to 0.2, 20 % less."""
    asked = order(IV, "0.25", weight=Weight.of(50), minutes=Duration.of(60), bag=None)
    assert IV.pump is not None
    for most, held in ((20, False), (19, True)):
        pump = replace(IV.pump, rate_most_off_percent=Decimal(most))
        assert ("H40" in names(replace(asked, protocol=replace(IV, pump=pump)))) is held


def test_wd_4_a_draw_that_meets_the_most_exactly_is_drawn_to_the_nearest_mark():
    """0.999 mg/kg of 100 kg are 1.998 mL of 50 mg/mL: 2 mL, and 100 mg are the most."""
    working = rules.work_out(order(IM, "0.999", weight=Weight.of(100), confirmed_by_prescriber=True))
    assert (str(working.draw), str(working.drawn), working.open_holds) == ("2 mL", "100 mg", ())


def test_i12_how_far_the_mark_is_off_is_told_to_a_tenth():
    """15.5 mg drawn as 16: 0.5 of 15.5 is 3.226 %."""
    told = step(order(IV, "0.5", weight=Weight.of(31), vial=Concentration.of(10)), "concentration")
    assert told.endswith("draw 1.6 mL = 16 mg (+3.2 %)")


# --- nothing, and what is not in the sheet ----------------------------------------------------------------------------


def test_ti_2_no_pieces_are_no_dose():
    words = [hold.words for hold in rules.work_out(order(SL, "0")).open_holds]
    assert "Dose: 0 mg is not given with pieces of 50 mg. Choose whole multiples of 50 mg." in words


def test_h1_every_product_of_the_sheet_is_named():
    (hold,) = [one for one in rules.work_out(order(SL, "75", piece=Mass.of(75))).open_holds if one.rule == "H1"]
    assert hold.words.endswith("as lozenge of 50 mg, lozenge of 100 mg. Choose one of these.")


def test_h1_a_vial_that_is_not_in_the_sheet_is_one_vial_and_nothing_is_left_in_it():
    working = rules.work_out(order(IM, "0.5", vial=Concentration.of(20)))
    assert (working.vials, str(working.left_in_vials)) == (1, "0 mg")


def test_h40_a_second_step_too_slow_for_the_pump_is_refused_and_divides_by_nothing():
    """0.05 mL undiluted: 0.025 mL in 20 min is 0.075 mL/h, set to 0.1; 0.025 mL in 40 min is 0.0375, set to 0."""
    asked = order(
        TWO_STEPS, "0.25", weight=Weight.of(20), minutes=Duration.of(60), vial=Concentration.of(100), bag=None
    )
    working = rules.work_out(asked)
    assert (str(working.rate), str(working.second_rate)) == ("0.1 mL/h", "0 mL/h")
    assert "H40" in names(asked)


def test_an_infusion_in_one_step_has_no_first_part():
    assert rules.work_out(of_80()).first_total is None
    assert rules.work_out(order(TWO_STEPS, "0.5", minutes=Duration.of(60))).first_total == Volume.of(50)


def test_wd_2_the_working_says_on_which_weight_and_what_was_weighed():
    asked = of_80("84.8", actual=Weight.of(120), rests_on="adjusted")
    assert step(asked, "ordered") == "0.5 mg/kg x 84.8 kg (187 lb), adjusted weight (actual 120 kg) = 42.4 mg"
    assert step(of_80("80"), "ordered") == "0.5 mg/kg x 80 kg (176.4 lb) = 40 mg"


# --- words whole ------------------------------------------------------------------------------------------------------

HOME = {"observed": 2, "chaperone": "Kim Reed", "video": True, "law": True, "reviewed": True}


@pytest.mark.parametrize(
    ("sheet", "dose", "afterwards", "change", "field", "words"),
    [
        ("p-sl-home", "100", "", {}, "afterwards", "Afterwards: not said. Choose spat out or swallowed."),
        ("p-sl-home", "300", "swallowed", {}, "dose", "Dose: 300 mg is above the most that is swallowed, 200 mg. Lower "
         "the dose."),
        ("p-sl-home", "100", "spat out", {"observed": 1}, "place", "Place: 1 of the first 2 doses were watched in the "
         "clinic. Order this one for the clinic."),
        ("p-sl-home", "100", "spat out", {"law": False}, "law", "Place: nobody has said that the law here allows it "
         "and the director has not stopped it. Say so, or order it for the clinic."),
        ("p-sl-home", "100", "spat out", {"chaperone": ""}, "chaperone", "Chaperone: nobody is named who stays through "
         "the dose. Name an adult."),
        ("p-sl-home", "100", "spat out", {"video": False}, "video", "Video: the dose would be taken unseen. Arrange "
         "live video for all of it."),
        ("p-sl-home", "100", "spat out", {"reviewed": False}, "reviewed", "Refill: the course so far was not reviewed. "
         "Review it before each pack."),
        ("p-sl-kap", "100", "", {}, "place", "Place: {title} is not taken at home. Order it for the clinic."),
    ],
)  # fmt: skip
def test_what_stands_against_a_dose_at_home_whole(sheet, dose, afterwards, change, field, words):
    of = protocol(sheet)
    asked = order(
        of, dose, piece=Mass.of(100), afterwards=afterwards, at_home=AtHome(**HOME | change), planned=Mass.of(dose)
    )
    wanted = Hold("P-SL-HOME", field, HoldKind.REFUSED, words.format(title=of.title))
    assert wanted in rules.work_out(asked).open_holds


def test_h3_a_weight_that_follows_another_height_is_refused_in_these_words():
    """95 kg: of 165 cm ideal 45.5 + 2.3 x 4.96 = 56.9, adjusted 56.9 + 0.4 x 38.1 = 72.1."""
    now = descriptors.descriptors(Weight.of(95), Decimal(165), "female")
    words = "Weight: 74.8 kg (adjusted), which the order rests on, is 72.1 kg by the height that stands. "
    assert rules.descriptor_outdated("adjusted", Weight.of("74.8"), "actual", now) == Hold(
        "H3", "weight", HoldKind.REFUSED, words + "Sign the order again on the weight that stands."
    )


def test_h3_a_weight_that_nobody_corrected_stands_while_it_differs_little():
    assert rules.order_outdated(Weight.of(80), Weight.of("80.5"), IV.weight) is None
