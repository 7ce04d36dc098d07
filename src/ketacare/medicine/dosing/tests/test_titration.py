"""The next dose by the rules of the titration sheet; each expected amount worked out by hand from TI-1 to TI-4."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ketacare.medicine.dosing.rules.descriptors import days_of, figure, rules_by_id
from ketacare.medicine.dosing.rules.titration import Direction, Earlier, due_by, explained, suggestion
from ketacare.medicine.evidence.terms import Grade
from ketacare.medicine.pharmacology.terms import Drug
from ketacare.medicine.protocols.reader import protocol
from ketacare.medicine.quantities.terms import Mass, MassPerWeight

AT = datetime(2026, 3, 20, 9, tzinfo=UTC)
CALM = Earlier(
    at=AT, drug=Drug.KETAMINE, route="IV", dose=MassPerWeight.of("0.5"), minutes=Decimal(40),
    peak_systolic=Decimal(140), peak_diastolic=Decimal(85),
    distress=Decimal(2), moaas=Decimal(4),
)  # fmt: skip


def sessions(*changes, every=3, ago=3):
    """Calm sessions with these changes, the last `ago` days before now."""
    first = ago + every * (len(changes) - 1)
    return [replace(CALM, at=AT - timedelta(days=first - every * n), **change) for n, change in enumerate(changes)]


def nasal(mg):
    return {"drug": Drug.ESKETAMINE, "route": "IN", "dose": Mass.of(mg), "minutes": None}


def asked(before, improvement="10", drug=Drug.KETAMINE, route="IV"):
    return suggestion(drug, route, before, None if improvement is None else Decimal(improvement), AT)


def test_up_after_two_calm_sessions_with_little_improvement():
    """0.5 + 0.1 to 0.5 + 0.25 mg/kg."""
    found = asked(sessions({}, {}))
    assert (found.direction, found.words) == (Direction.UP, "Up one step: 0.6 to 0.75 mg/kg.")
    assert found.reasons[0] == "Improvement since the baseline: 10 %."
    assert [rule.id for rule in found.rules] == ["TI-3", "TI-1"]


@pytest.mark.parametrize(
    ("dose", "direction", "words"),
    [
        ("0.8", Direction.UP, "Up one step: 0.9 to 1 mg/kg."),
        ("0.95", Direction.UP, "Up one step: 1 mg/kg."),
        ("1", Direction.STAY, "The same dose: 1 mg/kg is the ceiling."),
    ],
)
def test_never_over_the_ceiling(dose, direction, words):
    change = {"dose": MassPerWeight.of(dose)}
    found = asked(sessions(change, change))
    assert (found.direction, found.words) == (direction, words)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (({},), "1 of 2 sessions at this dose ran to their end."),
        (({}, {"stopped_early": True}), "1 of 2 sessions at this dose ran to their end."),
        (({"dose": MassPerWeight.of("0.4")}, {}), "1 of 2 sessions at this dose ran to their end."),
        (({"peak_systolic": Decimal(170)}, {}), "Systolic peak 170 mmHg: not under 170."),
        (({}, {"peak_diastolic": Decimal(105)}), "Diastolic peak 105 mmHg: not under 105."),
        (({}, {}, {"stopped_early": True}), "The last session was stopped early."),
        (({"worst_grade": 2}, {}), "An event of grade 2: 2 or above."),
        (({}, {"worst_grade": 3, "worst_related": 2}), "An event of grade 3: 2 or above."),
    ],
)
def test_the_same_dose_where_a_condition_for_more_is_not_met(changes, reason):
    found = asked(sessions(*changes))
    assert (found.direction, found.words) == (Direction.STAY, "The same dose, 0.5 mg/kg.")
    assert reason in found.reasons


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"distress": Decimal(8)}, "Distress 8 of 10: 8 or more."),
        ({"vomited": 2}, "Vomited 2 times: 2 or more."),
        ({"peak_systolic": Decimal(181)}, "Systolic peak 181 mmHg: over 180."),
        ({"peak_diastolic": Decimal(111)}, "Diastolic peak 111 mmHg: over 110."),
        ({"moaas": Decimal(2)}, "Sedation MOAA/S 2: 2 or deeper."),
    ],
)
def test_down_after_any_of_these_whatever_else_is_unknown(change, reason):
    """0.5 x 0.8 = 0.4 mg/kg; 40 x 1.5 = 60 min."""
    found = asked(sessions({}, change), improvement=None)
    assert found.direction is Direction.DOWN
    assert found.words == "20 % less: 0.4 mg/kg. Or the same dose 1.5 times slower: over 60 min."
    assert found.reasons == (reason,)


@pytest.mark.parametrize(
    "change",
    [{"distress": Decimal(7)}, {"vomited": 1}, {"peak_systolic": Decimal(180)}, {"peak_diastolic": Decimal(110)},
     {"moaas": Decimal(3)}],
)  # fmt: skip
def test_at_the_line_it_is_not_yet_down(change):
    assert asked(sessions({}, change)).direction is not Direction.DOWN


def test_not_under_the_floor():
    """0.3 x 0.8 = 0.24, under 0.25 mg/kg."""
    low = {"dose": MassPerWeight.of("0.3"), "vomited": 2}
    assert asked(sessions(low)).words == (
        "20 % less would be under the floor of 0.25 mg/kg. Or the same dose 1.5 times slower: over 60 min."
    )
    assert asked(sessions(low | {"minutes": None})).words == "20 % less would be under the floor of 0.25 mg/kg."


@pytest.mark.parametrize(
    ("before", "improvement", "missing"),
    [
        (({"peak_systolic": None}, {}), "10", "peak blood pressure on 14-Mar-2026"),
        (({}, {"peak_diastolic": None}), "10", "peak blood pressure of the last session"),
        (({}, {"distress": None}), "10", "distress of the last session"),
        (({}, {"moaas": None}), "10", "sedation (MOAA/S) of the last session"),
        (({}, {}), None, "improvement since the baseline (a score before the first dose, and a recent one after it)"),
        (({"ungraded": ("nausea",)}, {}), "10", "grade of what happened on 14-Mar-2026: nausea"),
    ],
)
def test_no_suggestion_while_something_is_unknown_and_it_is_named(before, improvement, missing):
    found = asked(sessions(*before), improvement)
    assert (found.direction, found.missing) == (Direction.NONE, (missing,))


def test_what_was_unknown_before_the_dose_was_changed_does_not_matter():
    other = {"dose": MassPerWeight.of("0.4"), "peak_systolic": None, "ungraded": ("nausea",)}
    assert asked(sessions(other, {}, {})).direction is Direction.UP


@pytest.mark.parametrize(
    ("improvement", "direction", "words"),
    [
        ("25", Direction.STAY, "The same dose, 0.5 mg/kg: it helps."),
        ("24.9", Direction.REVIEW, "The sheet leaves this to the prescriber."),
        ("20", Direction.REVIEW, "The sheet leaves this to the prescriber."),
        ("19.9", Direction.UP, "Up one step: 0.6 to 0.75 mg/kg."),
    ],
)
def test_by_how_much_it_helps(improvement, direction, words):
    found = asked(sessions({}, {}), improvement)
    assert (found.direction, found.words) == (direction, words)


@pytest.mark.parametrize(
    ("number", "improvement", "words"),
    [
        (4, "19", "Under 20 % after 4 sessions: stop or change."),
        (6, "49", "Under 50 % after 6 sessions: team review."),
        (3, "19", "Up one step: 0.6 to 0.75 mg/kg."),
        (5, "30", "The same dose, 0.5 mg/kg: it helps."),
        (6, "50", "The same dose, 0.5 mg/kg: it helps."),
    ],
)
def test_little_after_the_fourth_is_no_reason_for_more(number, improvement, words):
    assert asked(sessions(*({},) * number), improvement).words == words


@pytest.mark.parametrize(
    ("ago", "direction", "rule"),
    [
        (7, Direction.UP, "TI-3"), (8, Direction.STAY, "MS-3"), (21, Direction.STAY, "MS-3"),
        (22, Direction.REVIEW, "MS-3"), (90, Direction.REVIEW, "MS-3"), (91, Direction.REVIEW, "MS-4"),
    ],
)  # fmt: skip
def test_a_missed_session(ago, direction, rule):
    found = asked(sessions({}, {}, ago=ago))
    assert (found.direction, found.rules[0].id) == (direction, rule)


@pytest.mark.parametrize(
    ("mg", "change", "direction", "words"),
    [
        ("56", {}, Direction.UP, "One device more: 84 mg."),
        ("84", {}, Direction.STAY, "The same dose: 84 mg is the most."),
        ("56", {"vomited": 2}, Direction.DOWN, "One device less: 28 mg."),
        ("28", {"vomited": 2}, Direction.DOWN, "28 mg is the least there is: whether to go on is the prescriber's."),
    ],
)
def test_esketamine_goes_by_devices(mg, change, direction, words):
    before = sessions(nasal(mg), nasal(mg) | change)
    found = asked(before, drug=Drug.ESKETAMINE, route="IN")
    assert (found.direction, found.words) == (direction, words)


def test_the_counts_of_the_racemate_are_not_those_of_esketamine():
    before = sessions(*(nasal("56"),) * 6)
    assert asked(before, "15", Drug.ESKETAMINE, "IN").direction is Direction.UP
    late = sessions(nasal("56"), nasal("56"), ago=30)
    assert asked(late, "15", Drug.ESKETAMINE, "IN").direction is Direction.UP


def test_without_a_step_size_or_an_earlier_dose_nothing_is_suggested():
    assert "no step size" in asked(sessions({"route": "IM"}), route="IM").words
    assert "no earlier dose" in asked([]).words


def test_the_rules_that_are_about_this_regimen():
    def told(*about):
        return {rule.id for rule in explained(*about)}

    assert {"TI-1", "TI-3", "AD-1", "AD-3"} <= told(Drug.KETAMINE, "IV", 70)
    assert "AD-1" not in told(Drug.KETAMINE, "IV", 64)
    assert {"AD-1"} <= told(Drug.KETAMINE, "IV", None)
    assert "TI-2" not in told(Drug.KETAMINE, "IV", 40)
    assert {"TI-2", "AD-2"} <= told(Drug.ESKETAMINE, "IN", 40)
    assert "AD-5" in told(Drug.KETAMINE, "SL", 40)


def test_an_event_that_the_dose_may_have_done_is_judged_before_another_dose():
    """Grade 3 is the line of ST-3; one that was not of the dose, or of an earlier session, ends no course."""
    found = asked(sessions({}, {"worst_grade": 3, "worst_related": 3}))
    assert (found.direction, found.words) == (
        Direction.REVIEW, "Whether the course goes on is judged before another dose.",
    )  # fmt: skip
    assert found.reasons == ("An event of grade 3 in the last session: 3 or above may end the course.",)
    assert [rule.id for rule in found.rules] == ["ST-3"]
    assert asked(sessions({"worst_related": 3}, {})).direction is Direction.UP


def test_a_step_down_says_that_the_event_may_end_the_course():
    found = asked(sessions({"worst_related": 4, "distress": Decimal(9)}))
    assert found.direction is Direction.DOWN
    assert [rule.id for rule in found.rules] == ["TI-4", "TI-1", "ST-3"]
    assert found.reasons[0] == "An event of grade 4 in the last session: 3 or above may end the course."


@pytest.mark.parametrize(
    ("last", "drug", "route"),
    [
        ({"route": "PO", "dose": MassPerWeight.of("2")}, Drug.KETAMINE, "IV"),
        (nasal("56"), Drug.KETAMINE, "IV"),
        ({}, Drug.ESKETAMINE, "IN"),
        ({"peak_systolic": Decimal(190)}, Drug.ESKETAMINE, "IN"),
        ({"drug": None}, Drug.KETAMINE, "IV"),
    ],
)
def test_no_step_leads_from_another_drug_or_route(last, drug, route):
    found = asked(sessions({}, last), drug=drug, route=route)
    assert found.direction is Direction.REVIEW
    assert "no step leads from it to this one" in found.words


def test_a_session_by_another_way_between_breaks_the_row_and_is_not_counted():
    before = sessions({}, {"route": "PO"}, {})
    assert "1 of 2 sessions at this dose ran to their end." in asked(before).reasons
    assert asked(sessions({"route": "PO"}, {}, {}, {}), "19").direction is Direction.UP


def test_down_by_a_route_without_a_step_size():
    """200 x 0.8 = 160 mg; 1 x 0.8 = 0.8 mg/kg."""
    lozenges = {"route": "SL", "dose": Mass.of(200), "minutes": None, "distress": Decimal(9)}
    assert asked(sessions(lozenges), route="SL").words == "20 % less: 160 mg, or the nearest below it."
    swallowed = {"route": "PO", "dose": MassPerWeight.of(1), "minutes": None, "vomited": 2}
    assert asked(sessions(swallowed), route="PO").words == "20 % less: 0.8 mg/kg."


# --- inside the protocol ----------------------------------------------------------------------------------------------


def inside(sheet, before, improvement="10", **more):
    found = protocol(sheet)
    drug = Drug.ESKETAMINE if found.drug == "esketamine" else Drug.KETAMINE
    asked_for = None if improvement is None else Decimal(improvement)
    return suggestion(drug, found.route, before, asked_for, more.pop("at", AT), sheet=found, **more)


@pytest.mark.parametrize(
    ("sheet", "mg", "change", "words"),
    [
        ("p-esk-si", "84", {"vomited": 2}, "One device less: 56 mg."),
        ("p-esk-si", "56", {"vomited": 2}, "56 mg is the least of this sheet: whether to go on is the prescriber's."),
        ("p-esk-si", "56", {}, "The same dose: once reduced to 56 mg, this sheet has no step up."),
        ("p-esk-trd", "56", {"vomited": 2}, "56 mg is the least of this sheet: whether to go on is the prescriber's."),
        ("p-esk-trd", "56", {}, "One device more: 84 mg."),
        ("p-esk-65", "56", {"vomited": 2}, "One device less: 28 mg."),
        ("p-esk-65", "28", {}, "One device more: 56 mg."),
    ],
)
def test_devices_stay_inside_the_doses_of_the_sheet(sheet, mg, change, words):
    assert inside(sheet, sessions(nasal(mg), nasal(mg) | change)).words == words


def test_a_sheet_that_names_its_steps_has_no_others():
    """P-IV-CRT: 0.75 from the third infusion, and no more."""
    higher = {"dose": MassPerWeight.of("0.75")}
    assert inside("p-iv-crt", sessions({}, {})).words == "Up one step of this sheet: 0.75 mg/kg."
    assert inside("p-iv-crt", sessions(higher, higher)).words == "The same dose: 0.75 mg/kg is the most of this sheet."
    assert inside("p-iv-05-2w", sessions({}, {})).words == "Up one step: 0.6 to 0.75 mg/kg."


@pytest.mark.parametrize("sheet", ["p-si-1", "p-si-2", "p-iv-05-1", "p-iv-2step"])
@pytest.mark.parametrize("change", [{}, {"vomited": 2}])
def test_a_sheet_of_one_dose_or_two_has_no_step(sheet, change):
    found = inside(sheet, sessions({}, change))
    assert found.direction is Direction.REVIEW
    assert "in all and no step. What follows is the prescriber's." in found.words
    assert len(found.reasons) == len(change)


def test_a_bad_first_dose_of_two_makes_the_second_smaller_and_a_grave_one_is_judged_first():
    """TI-4 and ST-3 are of all sheets; that there is no step is said of a step up."""
    found = inside("p-si-2", sessions({"distress": Decimal(9), "moaas": Decimal(2)}))
    assert (found.direction, found.words) == (Direction.DOWN, inside("p-iv-05-2w", sessions({"vomited": 2})).words)
    grave = inside("p-si-2", sessions({"worst_grade": 3, "worst_related": 3}))
    assert (grave.direction, grave.words) == (
        Direction.REVIEW,
        "Whether the course goes on is judged before another dose.",
    )
    assert "no step" in inside("p-si-2", sessions({})).words


def test_the_high_dose_goes_back_to_what_holds():
    high = {"dose": MassPerWeight.of("1"), "minutes": Decimal(60)}
    found = inside("p-iv-10", sessions(high, high), "40")
    assert (found.direction, found.words) == (
        Direction.STAY,
        "It helps. Afterwards back to the lowest dose that holds.",
    )
    assert "it helps" in inside("p-iv-05-2w", sessions({}, {}), "40").words


def test_above_the_ceiling_the_last_dose_is_not_the_ceiling():
    over = {"dose": MassPerWeight.of("1.2")}
    assert asked(sessions(over, over)).words == "No more than the ceiling, 1 mg/kg: the last dose was above it."


# --- late -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("late", "direction", "rule"),
    [(0, Direction.STAY, "TI-3"), (7, Direction.STAY, "TI-3"), (8, Direction.STAY, "MS-3"),
     (21, Direction.STAY, "MS-3"), (22, Direction.REVIEW, "MS-3")],
)  # fmt: skip
def test_ms_3_counts_from_the_day_the_dose_was_due(late, direction, rule):
    """Monthly maintenance, whose last dose was 30 days before this one was due."""
    before = sessions({}, {}, ago=30 + late)
    found = inside("p-iv-05-2w", before, "70", due=AT - timedelta(days=late))
    assert (found.direction, found.rules[0].id) == (direction, rule)
    if rule == "MS-3":
        assert found.reasons[0].startswith(f"This dose is {late} days late: more than ")


@pytest.mark.parametrize(
    ("ago", "change", "improvement"),
    [(120, {"peak_systolic": Decimal(185)}, "10"), (120, {}, None), (120, {"distress": None}, "10")],
)
def test_ms_4_stands_before_a_step_down_and_before_what_is_missing(ago, change, improvement):
    found = inside("p-iv-05-2w", sessions({}, change, ago=ago), improvement, due=AT - timedelta(days=90))
    assert (found.direction, found.rules[0].id) == (Direction.REVIEW, "MS-4")
    assert len(found.reasons) == 1 + ("peak_systolic" in change)


def test_when_a_dose_was_due():
    """Two a week: within four days while the course runs. Later as booked, and never later than monthly."""
    sheet, day = protocol("p-iv-05-2w"), timedelta(days=1)
    assert due_by(AT, 3, sheet, AT + 30 * day) == AT + 4 * day
    assert due_by(AT, 7, sheet, AT + 14 * day) == AT + 14 * day
    assert due_by(AT, 7, sheet, None) == AT + 31 * day
    assert due_by(AT, 9, sheet, AT + 60 * day) == AT + 31 * day
    monthly = figure(rules_by_id("titration-1")["TP-1"], "monthly")
    assert (monthly.value, monthly.unit, monthly.grade) == (31, "d", Grade.D)


def test_a_month_that_is_not_counted_in_days_is_refused():
    taper = rules_by_id("titration-1")["TP-1"]
    wrong = replace(taper, figures={"monthly": replace(figure(taper, "monthly"), value=Decimal(1), unit="mo")})
    assert days_of(taper, "monthly") == timedelta(days=31)
    with pytest.raises(ValueError, match="TP-1, monthly: in mo, not in d"):
        days_of(wrong, "monthly")
