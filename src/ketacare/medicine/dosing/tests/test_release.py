from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ketacare.medicine.dosing import rules
from ketacare.medicine.dosing.rules.holding import time_of
from ketacare.medicine.evidence.terms import Fact, Facts, Result
from ketacare.medicine.protocols.reader import protocol

IV = protocol("p-iv-05-2w")
EXAMINED = ("orientation", "romberg", "gait")
T0 = datetime(2026, 7, 14, 13, 30, tzinfo=UTC)


def at(minute):
    return T0 + timedelta(minutes=minute)


def told(name, minute, value, unit=None):
    value = Decimal(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else value
    return Fact(name, value, unit, at(minute), "nurse")


def words(name, minute, value):
    return Fact(name, value, None, at(minute), "nurse")


def vitals(minute, sbp, dbp, hr=70, spo2=98, rr=14):
    found = {"sbp": sbp, "dbp": dbp, "hr": hr, "spo2": spo2, "rr": rr}
    return [told(name, minute, value) for name, value in found.items()]


def ticks(minute, **values):
    return [words(name, minute, value) for name, value in values.items()]


def frame(end=40, sbp=126, dbp=78):
    return [
        words("started_at", 0, T0),
        words("ended_at", end, at(end)),
        told("baseline_sbp", -15, sbp),
        told("baseline_dbp", -15, dbp),
        told("baseline_spo2", -15, 98),
        words("on_air", end, True),
        told("age_years", 0, 41),
    ]


def going_home(minute=75):
    return [
        told("orientation", minute, 5),
        told("nausea", minute, 1),
        told("dissociation", minute, 1),
        told("distress", minute, 1),
        *ticks(minute, romberg=True, gait=True, fluids_kept=True, frightening_perceptions=False),
        *ticks(minute, new_suicidal_or_violent_intent=False, safety_plan_held=True),
        *ticks(minute, line_out=True, site_fine=True, pain_acceptable=True),
        *ticks(minute, escort_name="Jo Reed", escort_relation="sister", escort_phone="555 0142"),
        *ticks(minute, escort_present=True, escort_told=True, transport_seen=True),
        *ticks(minute, instructions_taught_back=True, emergency_number_given=True, next_contact="tomorrow 13:30"),
    ]


def ex_1(minute=90):
    """EX-1: uneventful; two MOAA/S of 5 at 75 and 90."""
    facts = [*frame(), told("moaas", 40, 4), told("moaas", 75, 5), told("moaas", 90, 5)]
    for when, sbp, dbp in [(40, 146, 90), (50, 138, 86), (60, 132, 82), (75, 128, 80), (90, 127, 79)]:
        facts += vitals(when, sbp, dbp)
    return [f for f in [*facts, *going_home()] if f.known_at <= at(minute)]


def without(facts, name):
    return [fact for fact in facts if fact.name != name]


def criterion(release, name):
    return next(c for c in release.criteria if c.id == name)


def test_ex_1_minimum_75_ready_90():
    release = rules.release(Facts(ex_1()), IV, at(95))
    assert release.ready is True
    assert release.earliest_at == at(75)
    assert release.ready_at == at(90)
    assert release.missing == ()
    assert release.unmet == ()
    assert {sheet.id for sheet in release.sheets} == {"p-iv-05-2w", "rl-iv"}


def test_ex_1_not_ready_before_the_second_check():
    release = rules.release(Facts(ex_1(80)), IV, at(80))
    assert release.ready is False
    assert [c.id for c in release.unmet] == ["RC-2"]
    assert release.ready_at is None


def test_ex_2_hypertensive_stop_ready_at_105():
    """Stopped at 35; RC-5 true from 55; two MOAA/S 5 at 90 and 105."""
    facts = [*frame(35, 140, 87), told("moaas", 90, 5), told("moaas", 105, 5), *going_home(90)]
    course = "35:186/112 40:176/104 45:170/101 50:164/98 55:159/95 60:155/92 65:153/91 75:148/88 90:144/86 105:142/86"
    for part in course.split():
        minute, pressure = part.split(":")
        facts += vitals(int(minute), *(int(number) for number in pressure.split("/")))
    release = rules.release(Facts(facts), IV, at(105))
    assert release.earliest_at == at(75)
    assert release.ready_at == at(105)
    assert criterion(release, "RC-5").since == at(55)


NEEDED = [
    "orientation romberg gait sbp dbp hr spo2 rr on_air nausea dissociation frightening_perceptions distress",
    "new_suicidal_or_violent_intent safety_plan_held line_out site_fine pain_acceptable escort_name escort_present",
    "escort_relation escort_phone",
    "escort_told transport_seen instructions_taught_back emergency_number_given next_contact moaas started_at ended_at",
    "baseline_sbp baseline_dbp",
]


@pytest.mark.parametrize("name", " ".join(NEEDED).split())
def test_h12_each_fact_missing_is_not_ready_and_named(name):
    release = rules.release(Facts(without(ex_1(), name)), IV, at(95))
    assert release.ready is None
    assert name in release.missing
    assert release.criteria[0].result is Result.UNKNOWN
    assert release.ready_at is None


@pytest.mark.parametrize(
    ("change", "failing"),
    [
        (told("orientation", 91, 4), "RC-3"),
        (words("gait", 91, False), "RC-4"),
        (told("sbp", 91, 161), "RC-5"),
        (told("sbp", 91, 147), "RC-5"),  # baseline 126 + 20 = 146
        (told("sbp", 91, 90), "RC-5"),
        (told("dbp", 91, 101), "RC-5"),
        (told("hr", 91, 111), "RC-5"),
        (told("hr", 91, 49), "RC-5"),
        (told("spo2", 91, 93), "RC-6"),
        (told("rr", 91, 9), "RC-6"),
        (told("rr", 91, 25), "RC-6"),
        (words("on_air", 91, False), "RC-6"),
        (told("nausea", 91, 4), "RC-7"),
        (told("dissociation", 91, 3), "RC-8"),
        (words("frightening_perceptions", 91, True), "RC-8"),
        (told("distress", 91, 4), "RC-8"),
        (words("new_suicidal_or_violent_intent", 91, True), "RC-9"),
        (words("line_out", 91, False), "RC-10"),
        (words("escort_present", 91, False), "RC-11"),
        (words("escort_name", 91, ""), "RC-11"),
        (words("instructions_taught_back", 91, False), "RC-12"),
    ],
)
def test_each_criterion_can_hold_the_patient_back(change, failing):
    release = rules.release(Facts([*ex_1(), change]), IV, at(95))
    assert release.ready is False
    assert [c.id for c in release.unmet] == [failing]
    assert release.unmet[0].facts


def test_what_was_recorded_before_the_end_of_the_dose_does_not_count():
    facts = [*without(ex_1(), "orientation"), told("orientation", 20, 5)]
    assert rules.release(Facts(facts), IV, at(95)).missing == ("orientation",)


def test_e1_an_old_value_is_named_with_its_time_and_not_called_missing():
    """The nurse who reads that nothing was recorded looks for a lost value instead of taking it again."""
    told_old = next(one for one in rules.release(Facts(ex_1()), IV, at(121)).criteria if one.id == "RC-5")
    assert told_old.result is Result.UNKNOWN
    assert "not recorded" not in told_old.words
    assert told_old.words.endswith("sbp 127, dbp 79, hr 70 at 15:00: older than 30 min, take it again")


def test_h12_what_was_measured_or_scored_more_than_30_min_ago_says_nothing_about_now():
    """The schedule asks for each of these before leaving (treatment 3.1)."""
    release = rules.release(Facts(ex_1()), IV, at(121))
    assert release.ready is None
    measured = {"sbp", "dbp", "hr", "spo2", "rr"}
    assert set(release.missing) == measured | {"nausea", "moaas", "dissociation", "distress"}


@pytest.mark.parametrize("name", ["orientation", "gait", "new_suicidal_or_violent_intent"])
def test_h12_what_was_examined_or_asked_grows_old_as_well_but_an_ill_answer_stands(name):
    """Found at 75 it counts at 165, and at midnight no more."""
    fine = next(fact for fact in going_home() if fact.name == name)

    def judged(minute, *facts):
        release = rules.release(Facts([*ex_1(), *facts]), IV, at(minute))
        return next(one for one in release.criteria if name in one.missing or any(f.name == name for f in one.facts))

    assert judged(165).result is Result.MET
    old = judged(166)
    assert (old.result, name in old.missing) == (Result.UNKNOWN, True)
    assert "older than 90 min, look and ask again" in old.words
    ill = {"orientation": Decimal(4), "gait": False}.get(name, True)
    assert fine.value != ill
    assert judged(300, Fact(name, ill, None, at(80), "nurse")).result is Result.NOT_MET


def test_h12_what_the_schedule_asks_before_leaving_is_taken_within_15_min_of_leaving():
    """EX-1 leaves 10 min after its last readings. Of a pressure both parts count."""

    def owed(minute, facts):
        return {one.parameter for one in rules.owed_at_leaving(Facts(facts), IV, at(minute))}

    facts = [*ex_1(), told("nausea", 90, 1), told("dissociation", 90, 1), told("distress", 90, 1)]
    assert owed(100, facts) == set()
    assert owed(105, facts) == set()
    assert owed(106, facts) == {"bp", "hr", "spo2", "rr", "moaas", "distress", "nausea", "dissociation"}
    assert owed(106, [*facts, *vitals(106, 127, 79)]) == {"moaas", "distress", "nausea", "dissociation"}
    assert "bp" in owed(106, [*facts, told("sbp", 106, 127)])
    never = next(one for one in rules.owed_at_leaving(Facts(without(facts, "dbp")), IV, at(100)))
    assert (never.parameter, never.taken_at) == ("bp", None)


SCORED = {"nausea": 0, "moaas": 5, "dissociation": 0, "distress": 0}


def test_rc_1_waits_for_the_clock():
    scored = [told(name, 110, value) for name, value in SCORED.items()]
    facts = [*ex_1(), *vitals(110, 130, 80), *scored, *stood()]
    rescue_iv = [*facts, words("rescue_iv_at", 60, at(60))]
    assert rules.release(Facts(rescue_iv), IV, at(119)).ready is False
    assert rules.release(Facts(rescue_iv), IV, at(120)).ready_at == at(120)
    rescue_po = [*facts, words("rescue_po_at", 40, at(40))]
    assert rules.release(Facts(rescue_po), IV, at(120)).earliest_at == at(130)


def test_rc_2_a_drowsy_check_between_breaks_the_run():
    facts = [*ex_1(), told("moaas", 82, 4)]
    assert criterion(rules.release(Facts(facts), IV, at(95)), "RC-2").result is Result.NOT_MET


def test_rc_5_falling_on_two_readings_stands_for_near_baseline():
    facts = [*without(ex_1(), "sbp"), *[told("sbp", m, v) for m, v in ((60, 158), (75, 154), (90, 150))]]
    assert criterion(rules.release(Facts(facts), IV, at(95)), "RC-5").result is Result.MET
    risen = [*without(ex_1(), "sbp"), *[told("sbp", m, v) for m, v in ((60, 150), (75, 154), (90, 150))]]
    assert criterion(rules.release(Facts(risen), IV, at(95)), "RC-5").result is Result.NOT_MET


def test_rc_6_a_low_baseline_lowers_the_line_and_air_must_last_5_min():
    low = [*without(without(ex_1(), "baseline_spo2"), "spo2"), told("baseline_spo2", -15, 93), told("spo2", 90, 92)]
    assert criterion(rules.release(Facts(low), IV, at(95)), "RC-6").result is Result.MET
    just_off = [*without(ex_1(), "on_air"), words("on_air", 92, True)]
    assert criterion(rules.release(Facts(just_off), IV, at(95)), "RC-6").result is Result.NOT_MET


def test_rc_6_h12_ready_since_the_five_minutes_were_over_and_not_since_oxygen_went_off():
    facts = [*without(ex_1(), "on_air"), words("on_air", 92, True)]
    waits = criterion(rules.release(Facts(facts), IV, at(95)), "RC-6")
    assert waits.words.endswith(f"on_air yes at {at(92):%H:%M}, counts from {at(97):%H:%M} on")
    ready = rules.release(Facts(facts), IV, at(98))
    assert (ready.ready, ready.ready_at) == (True, at(97))
    assert "counts from" not in criterion(ready, "RC-6").words


def test_rc_1_h12_ready_since_the_missed_check_was_taken_or_explained():
    held = [*ex_1(), words("held_until", 96, at(96))]
    assert rules.release(Facts(held), IV, at(98)).ready_at == at(96)


def test_rc_7_without_fluids_thirty_quiet_minutes_are_needed():
    base = without(ex_1(), "fluids_kept")
    vomited = [*base, words("vomited", 70, True), words("vomited", 90, False)]
    assert criterion(rules.release(Facts(vomited), IV, at(95)), "RC-7").result is Result.NOT_MET
    ready = rules.release(Facts(vomited), IV, at(105))
    assert criterion(ready, "RC-7").result is Result.MET
    assert criterion(ready, "RC-7").since == at(100)
    never = [*base, words("vomited", 90, False)]
    assert criterion(rules.release(Facts(never), IV, at(95)), "RC-7").result is Result.MET


def test_rc_6_without_a_baseline_the_line_is_94():
    facts = without(ex_1(), "baseline_spo2")
    assert rules.release(Facts(facts), IV, at(95)).ready is True


def test_a_reading_without_time_or_number_is_a_fault_of_ours():
    with pytest.raises(TypeError, match="needs its time"):
        time_of(Fact("hr", Decimal(70)))
    with pytest.raises(TypeError, match="not a number"):
        rules.release(Facts([*ex_1(), words("hr", 91, "fast")]), IV, at(95))


# --- what makes people wait longer -----------------------------------------------------------------------------------

STANDING = {"standing_fall_sbp": 8, "standing_fall_dbp": 4}


def stood(minute=75, dizzy=False, **falls):
    rows = [told(name, minute, value) for name, value in {**STANDING, **falls}.items()]
    return [*rows, words("dizzy_standing", minute, dizzy)]


@pytest.mark.parametrize(
    ("name", "given", "earliest"),
    [
        ("rescue_iv_at", 40, 100),
        ("rescue_po_at", 40, 130),
        ("reversal_at", 40, 160),
        ("medicine_at", 40, 160),
        ("airway_event_at", 8, 128),
        ("airway_event_at", -60, 75),
    ],
)
def test_h12_rescue_reversal_and_vomiting_into_the_airway_make_everybody_wait(name, given, earliest):
    facts = [*ex_1(), *stood(), words(name, given, at(given))]
    release = rules.release(Facts(facts), IV, at(99))
    assert release.earliest_at == at(earliest)
    assert release.ready is (earliest <= 99)


@pytest.mark.parametrize("name", ["rescue_iv_at", "rescue_po_at", "medicine_at"])
def test_h12_after_a_rescue_medicine_the_standing_pressure_is_asked_and_unknown_is_not_ready(name):
    rescued = [*ex_1(), words(name, -60, at(-60))]
    release = rules.release(Facts(rescued), IV, at(95))
    assert release.ready is None
    assert release.missing == ("standing_fall_sbp", "standing_fall_dbp", "dizzy_standing")
    assert rules.release(Facts([*rescued, *stood()]), IV, at(95)).ready is True


@pytest.mark.parametrize(
    ("found", "passes"),
    [
        ({}, True),
        ({"standing_fall_sbp": 19}, True),
        ({"standing_fall_sbp": 20}, False),
        ({"standing_fall_dbp": 9}, True),
        ({"standing_fall_dbp": 10}, False),
        ({"dizzy": True}, False),
        ({"standing_fall_sbp": -5}, True),
    ],
)
def test_a_fall_of_20_over_10_or_dizziness_on_standing_fails(found, passes):
    facts = [*ex_1(), words("dizzy", 30, True), *stood(**found)]
    assert (rules.release(Facts(facts), IV, at(95)).ready is True) is passes


@pytest.mark.parametrize(
    ("age", "walk", "baseline", "ready"),
    [(64, None, None, True), (65, None, None, None), (65, 13, None, True), (65, 14, None, False), (71, 15, 13, True),
     (71, 16, 13, False)],
)  # fmt: skip
def test_from_65_a_timed_walk_is_asked_as_well(age, walk, baseline, ready):
    facts = [*without(ex_1(), "age_years"), told("age_years", 0, age), *(stood() if age >= 65 else [])]
    facts += [told("walk_s", 75, walk)] if walk else []
    facts += [told("baseline_walk_s", -15, baseline)] if baseline else []
    assert rules.release(Facts(facts), IV, at(95)).ready is ready


def test_an_age_nobody_knows_is_not_ready():
    release = rules.release(Facts(without(ex_1(), "age_years")), IV, at(95))
    assert (release.ready, release.missing) == (None, ("age_years",))


def test_h12_while_a_high_alarm_stands_or_was_seen_by_nobody_nobody_is_ready():
    release = rules.release(Facts([*ex_1(), words("high_alarm", 60, "chest pain")]), IV, at(95))
    assert release.ready is False
    said = criterion(release, "RC-1").words
    assert said == f"A high alarm stands, or was seen by nobody: chest pain, {at(60):%H:%M}"


def test_while_an_emergency_is_open_nobody_is_ready():
    release = rules.release(Facts([*ex_1(), words("emergency_open", 60, True)]), IV, at(95))
    assert release.ready is False
    assert criterion(release, "RC-1").words == f"An emergency is still open: begun {at(60):%H:%M}"


def test_h12_a_check_missed_in_an_emergency_hides_no_emergency():
    facts = [*ex_1(), words("emergency_open", 60, True), words("missed_check", 66, "Blood pressure overdue")]
    assert criterion(rules.release(Facts(facts), IV, at(95)), "RC-1").words.startswith("An emergency is still open")


def test_the_minimum_time_alone_is_that_of_the_whole_judgement():
    """Forty minutes: max(40 + 30, 75) = 75; unknown until the dose has ended."""
    facts = Facts(frame())
    assert rules.earliest(facts, IV, at(50)) == at(75) == rules.release(facts, IV, at(50)).earliest_at
    assert rules.earliest(Facts([words("started_at", 0, T0)]), IV, at(20)) is None


# --- looked at again after whatever may have changed it (H12) --------------------------------------------------------
