from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.medicine.evidence.reader import SheetRefused, read_sheet
from ketacare.medicine.evidence.terms import Effect, Figure, Grade, Sheet
from ketacare.medicine.pharmacology.reader import effect_numbers
from ketacare.medicine.protocols import reader, rules
from ketacare.medicine.protocols.terms import DueReading, FollowUp, Means, Need
from ketacare.medicine.quantities.terms import Concentration, Duration, Mass, MassPerWeight, Volume

IV = reader.protocol("p-iv-05-2w")
KNOWLEDGE = Path(reader.__file__).parent.parent / "knowledge"
SHEET = read_sheet(KNOWLEDGE / "p-iv-05-2w.toml")


def changed(path, value, sheet=SHEET):
    """A shipped sheet with one part replaced (or removed, when value is None)."""
    *folders, name = path.split(".")
    body = {k: dict(v) if isinstance(v, dict) else v for k, v in sheet.body.items()}
    table = body
    for folder in folders:
        table = table[folder]
    if value is None:
        del table[name]
    else:
        table[name] = value
    return Sheet(sheet.header, sheet.sources, body)


def with_part(sheet_id, path, value):
    """How the protocol finds its parts, with one part of one of them changed."""

    def found(wanted):
        part = read_sheet(KNOWLEDGE / f"{wanted}.toml")
        return changed(path, value, part) if wanted == sheet_id else part

    return found


def test_the_regimen_is_what_the_trial_gave():
    assert IV.id == "p-iv-05-2w"
    assert IV.version == "1.1.0"
    assert "0.5 mg/kg over 40 min" in IV.title
    assert IV.ref.version == IV.version
    assert IV.dose == MassPerWeight.of("0.5")
    assert IV.minutes == Duration.of(40)
    assert (IV.sessions, IV.per_week, IV.most_sessions) == (6, 2, 8)
    assert IV.bag == Volume.of(100)
    assert (IV.limits.ref.id, IV.release.ref.id, IV.readiness.ref.id) == ("tx-1", "rl-iv", "readiness-1")
    assert IV.figures["protocol.dose"].grade is Grade.V
    assert "N Engl J Med 2023" in IV.figures["protocol.dose"].sources[0].citation
    assert IV.figures["vials[2].concentration"].value == 100


def test_ceilings_and_weight_rules():
    assert IV.ceilings.confirm_over == Mass.of(50)
    assert IV.ceilings.most == Mass.of(100)
    assert IV.ceilings.most_by_weight == MassPerWeight.of(1)
    assert (IV.weight.valid_days, IV.weight.recalculate_percent, IV.weight.question_percent) == (30, 5, 10)


def test_h3_a_prediction_holds_a_weight_to_the_days_that_every_order_holds_it_to():
    held = {one.weight.valid_days for one in map(reader.protocol, reader.PROTOCOLS) if one.by_weight}
    assert held == {effect_numbers("plausible")["weight_valid"]}


def test_h1_a_vial_is_labelled_by_strength_volume_and_total():
    vial = IV.vial(Concentration.of(10))
    assert vial.label == "10 mg/mL, 20 mL (200 mg)"
    assert [v.dilute_first for v in IV.vials] == [False, False, True]
    assert IV.vial(Concentration.of(20)) is None


def test_bp_is_due_by_mon_iv():
    due = [r for r in rules.schedule(IV) if r.parameter == "bp"]
    assert [r.minute for r in due] == [-15, 0, 5, 10, 20, 30, 40, 50, 60, 75, 90, None]
    assert due[-2] == DueReading("bp", 90, Need.OFFERED)
    assert due[-1].before_leaving
    assert [r.minute for r in rules.schedule(IV) if r.parameter == "dissociation"] == [-15, 40, 75, None]
    assert DueReading("spo2", 60, Need.CONTINUOUS) in rules.schedule(IV)


def test_every_due_parameter_of_a_limit_exists():
    limits = reader.limit_set("tx-1")
    assert set(limits.parameters) >= {"spo2", "hr", "sbp", "dbp", "map", "rr", "moaas", "distress"}


@pytest.mark.parametrize(
    ("parameter", "line", "value"),
    [
        ("spo2", "low_notice", 94),
        ("spo2", "low_medium", 90),
        ("spo2", "low_high", 85),
        ("sbp", "high_notice", 160),
        ("sbp", "high_confirmed", 180),
        ("sbp", "high_single", 200),
        ("sbp", "rise_notice", 40),
        ("dbp", "high_notice", 100),
        ("dbp", "high_single", 120),
        ("dbp", "rise_medium", 40),
        ("hr", "high_medium", 120),
        ("rr", "low_high", 5),
        ("temp", "high_medium", Decimal("38.5")),
        ("map", "high_confirmed", 145),
        ("map", "high_high", None),
    ],
)
def test_tx_1_lines(parameter, line, value):
    assert reader.limit_set("tx-1").parameters[parameter].line(line) == value


def test_limit_set_general_lines():
    limits = reader.limit_set("tx-1")
    assert limits.ref.id == "tx-1"
    assert limits.general["confirm_apart"].value == 5
    assert "chest pain" in limits.symptoms_high
    assert "vomiting" in limits.symptoms_medium


def test_the_readiness_list_can_be_read_alone():
    assert reader.checklist("readiness-1").checks == IV.readiness.checks


def test_release_minimum_times():
    lines = reader.release_set("rl-iv")
    assert (lines.value("after_end"), lines.value("after_start")) == (30, 75)
    assert lines.ref.id == "rl-iv"


def test_an_unknown_sheet_is_named():
    with pytest.raises(KeyError, match="p-iv-99"):
        reader.protocol("p-iv-99")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("protocol.dose", None, "dose: the protocol lacks it"),
        ("protocol.amounts", None, "amounts: the protocol lacks it"),
        ("protocol.dose", replace(IV.figures["protocol.dose"], unit="mg"), "needs mg/kg"),
        ("protocol.sessions", replace(IV.figures["protocol.sessions"], value=Decimal("6.5")), "not a whole number"),
        ("protocol.minutes", replace(IV.figures["protocol.minutes"], value=Decimal(0)), "above zero"),
    ],
)
def test_a_protocol_that_contradicts_itself_is_refused(path, value, message):
    with pytest.raises(SheetRefused, match=message):
        reader.protocol_from(changed(path, value))


def test_more_doses_a_week_than_its_days_allow_is_told_and_read_all_the_same():
    """H19: a course that began with such a version goes on; nobody adopts one."""
    crowded = changed("protocol.per_week", replace(IV.figures["protocol.per_week"], value=Decimal(4)))
    (fault,) = reader.crowded(reader.protocol_from(crowded))
    assert "4 a week do not fit with 2 d" in fault
    assert reader.crowded(IV) == []


def test_a_part_that_contradicts_itself_is_refused():
    too_high = replace(IV.figures["ceilings.confirm_over"], value=Decimal(200))
    with pytest.raises(SheetRefused, match="Ceilings"):
        reader.protocol_from(SHEET, with_part("iv-amounts-1", "ceilings.confirm_over", too_high))
    with pytest.raises(SheetRefused, match="vials: the protocol lacks it"):
        reader.protocol_from(SHEET, with_part("iv-amounts-1", "vials", None))


def test_follow_up_hours_must_be_hours_and_in_order():
    row = dict(read_sheet(KNOWLEDGE / "follow-up-1.toml").body["follow_ups"][0])
    wrong_unit = {**row, "due": replace(row["due"], unit="d")}
    with pytest.raises(SheetRefused, match="not in h"):
        reader.protocol_from(SHEET, with_part("follow-up-1", "follow_ups", (wrong_unit,)))
    with pytest.raises(ValueError, match="follow each other"):
        FollowUp("x", "x", "RN", 5, 4, 6)


def test_a14_low_must_be_under_high_and_in_one_unit():
    sheet = read_sheet(Path(reader.__file__).parent.parent / "knowledge" / "tx-1.toml")
    spo2 = dict(sheet.body["parameters"]["spo2"])
    figure = spo2["low_medium"]
    spo2["low_medium"] = Figure(Decimal(95), "mmHg", figure.sources, figure.grade)
    bad = Sheet(sheet.header, sheet.sources, {**sheet.body, "parameters": {"spo2": spo2}})
    with pytest.raises(SheetRefused) as refused:
        reader.limit_set_from(bad)
    assert len(refused.value.faults) == 2


@pytest.mark.parametrize(
    ("lesser", "graver"),
    [
        ("high_notice", "high_medium_first"),
        ("high_notice", "high_confirmed"),
        ("high_medium_first", "high_single"),
        ("high_confirmed", "high_single"),
        ("rise_notice", "rise_medium"),
    ],
)
def test_a16_a_graver_line_of_pressure_lies_no_nearer_than_the_lesser_one(lesser, graver):
    limits = reader.limit_set("tx-1")
    row = limits.parameters["sbp"]

    def told(over):
        moved = replace(row.lines[lesser], value=row.lines[graver].value + over)
        own = replace(row, lines={**row.lines, lesser: moved})
        return reader.crossed(replace(limits, parameters={**limits.parameters, "sbp": own}))

    assert told(0) == [], "equal is no fault"
    assert f"parameters.sbp: {lesser} must not be over {graver}. Correct one." in told(1)


@pytest.mark.parametrize(
    ("first_on", "expected"),
    [
        (date(2026, 7, 13), "13 16 20 23 27 30"),  # Monday: Mondays and Thursdays
        (date(2026, 7, 14), "14 17 21 24 28 31"),  # Tuesday and Friday
        (date(2026, 7, 1), "1 3 8 10 15 17"),  # Wednesday: +3 is Saturday, so Friday
        (date(2026, 7, 2), "2 6 9 13 16 20"),  # Thursday: +3 is Sunday, so Monday
        (date(2026, 7, 3), "3 6 10 13 17 20"),  # Friday and Monday
    ],
)
def test_course_dates_avoid_weekends(first_on, expected):
    days = rules.course_dates(IV, first_on)
    assert [day.day for day in days] == [int(day) for day in expected.split()]


def test_course_dates_step_round_a_closed_day():
    days = rules.course_dates(IV, date(2026, 7, 13), closed_on={date(2026, 7, 16)})
    assert days[1] == date(2026, 7, 17)


def test_course_dates_say_when_there_is_no_room():
    with pytest.raises(rules.NoRoomForDose, match="Choose another first day"):
        rules.course_dates(IV, date(2026, 7, 13), open_weekdays={0})


@given(st.dates(date(2026, 1, 1), date(2030, 1, 1)), st.sets(st.dates(date(2026, 1, 1), date(2030, 2, 1)), max_size=6))
def test_doses_are_never_on_consecutive_or_closed_days(first_on, closed):
    try:
        days = rules.course_dates(IV, first_on, closed_on=closed)
    except rules.NoRoomForDose:
        return
    assert len(days) == 6
    assert all((later - earlier).days >= 2 for earlier, later in pairwise(days))
    assert all(day.weekday() < 5 and day not in closed for day in days)


def test_follow_ups_count_from_t0():
    start = datetime(2026, 7, 14, 13, 30, tzinfo=UTC)
    times = {f.kind: rules.follow_up_times(f, start) for f in IV.follow_ups}
    assert times.keys() == {"integration", "phq9"}, "the check-ins stand in the cadence alone"
    assert times["integration"][1] == start + timedelta(hours=72)
    assert times["phq9"][1] == start + timedelta(days=7)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": None}, r"checks\[0\]: the check has no title"),
        ({"no_go": None}, r"checks\[0\]: the check has no no_go"),
        ({"no_go": "never"}, r"checks\[0\].no_go: a condition is a table"),
        ({"source": "NOBODY"}, "'NOBODY' is not under"),
        ({"prescriber": {"fact": "x"}}, r"checks\[0\].prescriber: names one fact"),
    ],
)
def test_a_readiness_check_that_cannot_be_judged_is_refused(changes, words):
    sheet = read_sheet(Path(reader.__file__).parent.parent / "knowledge" / "readiness-1.toml")
    row = {k: v for k, v in (sheet.body["checks"][0] | changes).items() if v is not None}
    with pytest.raises(SheetRefused, match=words):
        reader.checklist_from(Sheet(sheet.header, sheet.sources, {"checks": (row,)}))


# --- the register ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sheet_id", reader.PROTOCOLS)
def test_every_protocol_that_can_be_ordered_stays_inside_its_ceilings_and_finds_its_days(sheet_id):
    one = reader.protocol(sheet_id)
    if one.by_weight:
        assert one.ceilings.floor_by_weight <= one.dose <= one.ceilings.most_by_weight
    else:
        assert one.dose <= one.ceilings.most
    assert one.sessions <= one.most_sessions
    days = rules.course_dates(one, date(2026, 7, 13))
    assert len(days) == one.sessions
    assert all((later - day).days >= one.min_days_between for day, later in pairwise(days))
    assert {part.id for part in one.parts} >= {"iv-amounts-1", "tx-1", "readiness-1", "follow-up-1"}


@pytest.mark.parametrize("sheet_id", reader.PROTOCOLS)
def test_every_means_has_what_it_is_measured_with(sheet_id):
    """An infusion has bags and minutes; what is drawn has vials and syringes; what is counted has pieces."""
    one = reader.protocol(sheet_id)
    infused, counted = one.means is Means.INFUSION, one.means is Means.COUNTED
    assert (one.route == "IV", bool(one.bags), one.minutes is not None) == (infused, infused, infused)
    assert (bool(one.pieces), bool(one.vials), bool(one.syringes)) == (counted, not counted, not counted)
    assert bool(one.sites) == (one.means is Means.INJECTION)
    if one.doses:
        assert one.dose in one.doses


def test_h37_the_esketamine_device_is_as_the_label_has_it():
    one = reader.protocol("p-esk-trd")
    (device,) = one.pieces
    assert (device.label, device.rest, device.serial_each) == ("device of 28 mg", Duration.of(5), True)
    assert one.doses == (Mass.of(28), Mass.of(56), Mass.of(84))
    assert one.piece(Mass.of(28)) is device
    assert one.piece(Mass.of(14)) is None
    assert one.release.value("after_start") == 120
    assert one.ceilings.most == Mass.of(84)
    assert one.bag is None


def test_other_routes_have_the_ceilings_of_their_own():
    """The register's own lines: IM 1 mg/kg and 100 mg, SC 0.9 mg/kg, PO 2.5 mg/kg and 300 mg, SL 300 mg."""
    lines = {name: reader.protocol(name).ceilings for name in ("p-im-05", "p-sc-kads", "p-po-1", "p-sl-kap")}
    assert (lines["p-im-05"].most_by_weight, lines["p-im-05"].most) == (MassPerWeight.of(1), Mass.of(100))
    assert lines["p-sc-kads"].most_by_weight == MassPerWeight.of("0.9")
    assert (lines["p-po-1"].most_by_weight, lines["p-po-1"].most) == (MassPerWeight.of("2.5"), Mass.of(300))
    assert (lines["p-sl-kap"].most_by_weight, lines["p-sl-kap"].most) == (None, Mass.of(300))
    second = reader.protocol("p-im-kap").second
    assert (second.earliest, second.latest, second.most_share_percent) == (Duration.of(15), Duration.of(20), 50)
    assert reader.protocol("p-im-05").sites == {"deltoid": Volume.of(2), "vastus lateralis": Volume.of(5)}


def test_the_smallest_syringe_that_holds_it_is_taken():
    sizes = [str(IV.syringe_for(Volume.of(ml)).size) for ml in ("0.36", "1", "1.01", "3.6", "5.01", "12", "60")]
    assert sizes == ["1 mL", "1 mL", "3 mL", "5 mL", "10 mL", "20 mL", "60 mL"]
    assert IV.syringe_for(Volume.of("60.1")) is None


@pytest.mark.parametrize("sheet_id", reader.REGIMENS)
def test_every_regimen_says_drug_route_place_and_phases(sheet_id):
    one = reader.regimen(sheet_id)
    assert one.id == sheet_id
    assert all((one.drug, one.route, one.indication, one.site_of_care, one.label, one.phases))


def test_what_is_read_and_never_ordered_says_so_in_words_with_its_rule():
    told = {sheet_id: reader.unordered(sheet_id) for sheet_id in (*reader.REGIMENS, *reader.PROTOCOLS)}
    why = {sheet_id: one for sheet_id, one in told.items() if one is not None}
    assert {sheet_id: one.rule for sheet_id, one in why.items()} == {"p-iv-96h": "P-IV-96H", "p-arket": "P-ARKET"}
    assert not why.keys() & set(reader.PROTOCOLS)
    assert all("no order is written" in one.words and one.sources and one.grade is Grade.D for one in why.values())


def test_a_dose_is_drawn_again_after_three_differences_and_the_time_out_holds_ten_minutes():
    assert reader.check_tries() == 3
    assert reader.time_out_lasts() == timedelta(minutes=10)


def test_a_refusal_without_words_or_source_is_refused_itself():
    sheet = read_sheet(KNOWLEDGE / "p-arket.toml")
    with pytest.raises(SheetRefused, match="words: the regimen lacks it"):
        reader.regimen_from(changed("refused.words", None, sheet))
    with pytest.raises(SheetRefused, match="'NOBODY' is not under"):
        reader.regimen_from(changed("refused.source", "NOBODY", sheet))


def test_esketamine_induction_and_maintenance_are_the_label():
    day_1, induction, weekly, maintenance = reader.regimen("p-esk-trd").phases
    assert day_1.figures["dose"].value == 56
    assert (induction.figures["per_week"].value, induction.figures["sessions"].value) == (2, 8)
    assert weekly.figures["per_week"].value == 1
    assert maintenance.figures["days_between"].values == (7, 14)
    assert all(phase.figures["dose"].grade is Grade.V for phase in (day_1, induction, weekly, maintenance))


def test_the_induction_ends_where_its_sheet_says_what_follows():
    by_phases, phases = reader.protocol("p-esk-trd"), reader.regimen("p-esk-trd").phases
    assert [one.name for one in rules.later_phases(phases, by_phases)] == [one.name for one in phases[2:]]
    assert rules.induction_doses(by_phases, phases) == 8, "twice weekly in weeks 1 to 4, then weekly"
    by_sheet, as_many_as_may_be = reader.protocol("p-iv-05-2w"), reader.protocol("p-iv-10")
    assert (by_sheet.sessions, by_sheet.most_sessions, rules.induction_doses(by_sheet)) == (6, 8, 6)
    assert (as_many_as_may_be.sessions, rules.induction_doses(as_many_as_may_be)) == (6, 8), "nothing follows"
    assert rules.later_phases(reader.regimen("p-im-05").phases, reader.protocol("p-im-05")) == ()


def test_what_follows_a_racemic_course_is_its_taper_and_a_stretch_that_lacks_something_is_refused():
    """TP-1: once a week four times, every two weeks two to four times, then monthly; 7 days a step at most."""
    weekly, two_weekly, step, monthly = reader.protocol("p-iv-05-2w").later
    assert [one.figures["days_between"].grade for one in (weekly, two_weekly, step, monthly)] == [
        Grade.M, Grade.M, Grade.D, Grade.D,
    ]  # fmt: skip
    assert (weekly.figures["doses"].value, two_weekly.figures["doses"].values) == (4, (2, 4))
    assert monthly.figures["days_between"].values == (28, 31)
    assert reader.protocol("p-iv-10").later == ()
    rows = SHEET.body["later"]
    for wrong, match in ((rows[:2], "every stretch but the last"), (({"name": "x"},), "days between its doses")):
        with pytest.raises(SheetRefused, match=match):
            reader.protocol_from(changed("later", wrong))


def test_the_rules_between_sessions_are_cited():
    step = next(rule for rule in reader.dosing_rules("titration-1") if rule.id == "TI-2")
    assert (step.figures["step"].value, step.figures["most"].value, step.grade) == (28, 84, Grade.V)
    assert step.sources[0].citation.startswith("Esketamine, EU summary")
    rest = next(rule for rule in reader.dosing_rules("esketamine-device-1") if rule.id == "DEV-2")
    assert rest.figures["rest"].value == 5


def test_a_regimen_or_rule_that_lacks_something_is_refused_by_name():
    regimen = read_sheet(KNOWLEDGE / "p-im-05.toml")
    with pytest.raises(SheetRefused, match="label: the regimen lacks it"):
        reader.regimen_from(changed("regimen.label", None, regimen))
    titration = read_sheet(KNOWLEDGE / "titration-1.toml")
    first = dict(titration.body["rules"][0])
    with pytest.raises(SheetRefused, match="words: a rule lacks it"):
        reader.dosing_rules_from(changed("rules", ({k: v for k, v in first.items() if k != "words"},), titration))
    with pytest.raises(SheetRefused, match="'NOBODY' is not under"):
        reader.dosing_rules_from(changed("rules", ({**first, "source": "NOBODY"},), titration))


def test_a_check_is_asked_by_its_routes_and_drugs_and_weighs_by_its_strictness():
    checks = {check.id: check for check in IV.readiness.checks}
    assert checks["RD-20"].is_asked("racemic", "IV")
    assert not checks["RD-20"].is_asked("racemic", "IM")
    assert not checks["RD-23"].is_asked("racemic", "IN")
    assert checks["RD-23"].is_asked("esketamine", "IN")
    assert checks["RD-01"].effect_when_unknown is Effect.STOP
    assert checks["RD-24"].effect_when_unknown is Effect.CLEAR


def test_nobody_passes_the_most_that_two_people_may_order():
    """The sheet of infusion amounts: two people may order up to 1.5 mg/kg; one alone up to 1."""
    assert IV.ceilings.last_by_weight == MassPerWeight.of("1.5")
    alone = replace(IV.ceilings, two_people_most_by_weight=None)
    assert alone.last_by_weight == MassPerWeight.of(1)
