"""What each medicine means for a person: holds on the day, instructions at the evaluation, and what is asked for."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from ketacare.medicine.candidacy import reader
from ketacare.medicine.candidacy.rules import medicines as judging
from ketacare.medicine.candidacy.rules.exposure import exposure_effects
from ketacare.medicine.candidacy.terms import Action, Case, Route, Stage, TakenMedicine
from ketacare.medicine.candidacy.terms.medicines import Does
from ketacare.medicine.evidence.rules import decide
from ketacare.medicine.evidence.terms import Effect, Fact, Facts, Grade, Outcome, Result

KNOWLEDGE = reader.shipped()
ON = date(2026, 7, 14)
ASKED_TODAY = {
    f"hours_since_{name}": False
    for name in (
        *("alcohol", "cannabis", "cannabis_edible", "cocaine", "psychedelic", "ayahuasca_or_mdma"),
        *("other_ketamine", "caffeine"),
    )
}
UNITS = {"gate_sbp": "mmHg", "gate_dbp": "mmHg", "breath_alcohol_percent": "%", "qtc_ms": "ms"}


def facts(**changes):
    known = {"cannabis_daily": False, **ASKED_TODAY, **changes}
    return Facts(
        [Fact(name, value, unit(name, value), ON, "asked") for name, value in known.items() if value is not None]
    )


def unit(name, value):
    if name.startswith("hours_since") and value is not False:
        return "h"
    return UNITS.get(name)


def took(name, hours=None, *, dose=None, form="", as_needed=None, days=None, accepted=""):
    exact = [None if number is None else Decimal(str(number)) for number in (dose, hours)]
    return TakenMedicine(name, form, exact[0], as_needed, exact[1], days, accepted)


def case(*medicines, stage="dose", route=None, **known):
    return Case(ON, facts(**known), (), medicines, Stage(stage), None if route is None else Route(route))


def reasons(*medicines, row=None, **more):
    """Everything but what is not met, of one row where it is named."""
    found = judging.reasons(case(*medicines, **more), KNOWLEDGE)
    return [r for r in found if r.result is not Result.NOT_MET and row in (None, r.criterion)]


def only(*medicines, row, **more):
    (reason,) = reasons(*medicines, row=row, **more)
    return reason


def told(reason):
    return reason.result, reason.effect, reason.override


def outcome(*medicines, **more):
    return decide(judging.reasons(case(*medicines, **more), KNOWLEDGE), ()).outcome


def judged(medicine, **more):
    return judging.judged_medicine(medicine, case(**more), KNOWLEDGE)


UNMET = (Result.MET, Effect.CLEAR, "P")
NOTED = (Result.MET, Effect.NOTE, "none")
OPEN = (Result.UNKNOWN, Effect.CLEAR, "P")


# --- nobody asked, not matched ---------------------------------------------------------------------------------------


def test_nobody_asked_is_unknown_and_not_none():
    found = judging.reasons(Case(ON, facts(), (), None), KNOWLEDGE)
    asked = next(reason for reason in found if reason.criterion == "MED-ASK")
    assert (asked.override, asked.effect) == ("none", Effect.CLEAR)
    assert (asked.result, asked.missing) == (Result.UNKNOWN, ("medicines",))
    assert outcome() is Outcome.PERMIT


def test_rul_13_a_name_that_is_not_known_is_not_checked_until_accepted_with_a_reason():
    unknown = only(took("Blue pills"), row="MED-UNK")
    assert (told(unknown), unknown.missing) == (OPEN, ("Blue pills: which medicine",))
    assert outcome(took("Blue pills")) is Outcome.UNKNOWN
    accepted = only(took("Blue pills", accepted="Vitamins, seen the bottle"), row="MED-UNK")
    assert told(accepted) == (Result.MET, Effect.CAUTION, "P")
    assert outcome(took("Blue pills", accepted="seen")) is Outcome.WARN
    assert "not checked, accepted by the prescriber: Vitamins, seen the bottle" in accepted.words
    assert judged(took("Blue pills", accepted="seen")).action is Action.UNCHECKED
    assert judged(took("Blue pills")).words == "Not checked"


def test_what_is_not_taken_is_said_only_when_every_name_was_matched():
    absent = judging.reasons(case(took("sertraline")), KNOWLEDGE)
    assert {r.criterion for r in absent if r.result is Result.NOT_MET} >= {"MED-UNK", "INT-01", "PKG-1", "COM-02"}
    unmatched = judging.reasons(case(took("sertraline"), took("Blue pills", accepted="seen")), KNOWLEDGE)
    assert not {"INT-10", "PKG-1"} & {r.criterion for r in unmatched}
    of_none = next(r for r in absent if r.criterion == "INT-10")
    assert (of_none.effect, of_none.words) == (Effect.CLEAR, "None taken: Irreversible MAO inhibitors")
    worst = {r.criterion: r.effect for r in absent if r.result is Result.NOT_MET}
    assert (worst["INT-18"], worst["INT-08"], worst["PKG-3"]) == (Effect.CAUTION, Effect.NOTE, Effect.CAUTION)
    assert (worst["INT-24"], worst["INT-32"]) == (Effect.CLEAR, Effect.CLEAR)


def test_a_drug_without_a_row_says_so():
    assert told(only(took("pramipexole"), row="MED-NONE")) == NOTED
    assert judged(took("pramipexole")).action is Action.NOTHING_KNOWN
    assert judged(took("pramipexole")).words == "No rule known"


# --- benzodiazepines -------------------------------------------------------------------------------------------------


def test_v14_clonazepam_both_equivalents_hold_not_met_abrupt_stop_refused():
    blunts, hold = reasons(took("clonazepam", 3, dose=2, as_needed=False), row="INT-01")
    assert told(hold) == UNMET
    assert "24 h hold not met, last taken 3 h ago, 21 h to wait" in hold.words
    assert "stopping it for a dose is refused" in hold.words
    assert "MOAA/S every 15 min" in hold.words
    assert told(blunts) == (Result.MET, Effect.CAUTION, "P")
    assert "20 mg (VA/DoD 2021) or 40 mg (Ashton 2002) diazepam equivalent a day, both above 8 mg" in blunts.words
    assert [str(fact.value) for fact in blunts.facts] == ["20", "40"]
    assert outcome(took("clonazepam", 3, dose=2, as_needed=False)) is Outcome.WARN


@pytest.mark.parametrize(
    ("name", "dose", "result"),
    [
        ("lorazepam", "0.8", Result.NOT_MET),  # 4 and 8 mg
        ("lorazepam", "0.81", Result.MET),  # 4.05 and 8.1 mg: the larger decides
        ("temazepam", "12", Result.NOT_MET),  # 8 and 6 mg
        ("temazepam", "12.1", Result.MET),
        ("estazolam", "0.9", Result.MET),  # 9; 4.5 to 9 mg
        ("estazolam", "0.8", Result.NOT_MET),
        ("midazolam", "5", Result.UNKNOWN),  # in neither table
        ("alprazolam", None, Result.UNKNOWN),
    ],
)
def test_rul_09_blunts_only_above_8_mg_diazepam_by_either_table(name, dose, result):
    found = judging.reasons(case(took(name, 30, dose=dose), stage="evaluation"), KNOWLEDGE)
    reason = next(r for r in found if r.title.startswith("Benzodiazepine dose"))
    assert reason.result is result
    assert bool(reason.missing) is (result is Result.UNKNOWN)


def test_two_benzodiazepines_count_together_and_an_unknown_one_cannot_lower_the_sum():
    both = reasons(took("diazepam", dose=5), took("lorazepam", dose="0.4"), row="INT-01", stage="evaluation")
    assert "7 mg (VA/DoD 2021) or 9 mg (Ashton 2002)" in both[0].words
    assert "the larger is above 8 mg" in both[0].words
    unknown = reasons(took("diazepam", dose=9), took("lorazepam"), row="INT-01", stage="evaluation")
    assert "not all counted (lorazepam: daily dose)" in unknown[0].words
    ranged = reasons(took("flurazepam", dose=30), row="INT-01", stage="evaluation")
    assert "20 mg (VA/DoD 2021) or 10 to 20 mg (Ashton 2002)" in ranged[0].words


def test_as_needed_may_be_left_out_so_no_word_about_abrupt_stops():
    hold = reasons(took("lorazepam", 2, dose="0.5", as_needed=True), row="INT-01")[-1]
    assert "abruptly" not in hold.words
    assert judging.abrupt_stop(took("lorazepam", as_needed=True), KNOWLEDGE) is None


@pytest.mark.parametrize(
    "name",
    ["clonazepam", "methadone", "clonidine", "sertraline", "phenelzine", "lamotrigine", "gabapentin", "trazodone"],
)
def test_an_abrupt_stop_of_a_tapered_medicine_is_refused(name):
    assert f"Never stop {name} abruptly" in judging.abrupt_stop(took(name), KNOWLEDGE)
    assert judged(took(name)).never_abrupt


def test_other_medicines_may_be_stopped():
    assert judging.abrupt_stop(took("pseudoephedrine"), KNOWLEDGE) is None
    assert judging.abrupt_stop(took("Blue pills"), KNOWLEDGE) is None


# --- holds -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("medicine", "row", "expected"),
    [
        (took("zolpidem", "11.9"), "INT-02", UNMET),
        (took("zolpidem", 12), "INT-02", NOTED),
        (took("zolpidem"), "INT-02", OPEN),
        (took("clonazepam", 24, dose="0.1"), "INT-01", NOTED),
        (took("sumatriptan", 23), "INT-32", UNMET),
        (took("kava", 24), "INT-31", NOTED),
        (took("gabapentin", 7), "INT-06", UNMET),
        (took("baclofen", 8), "INT-07", NOTED),
        (took("primidone", 11), "INT-07", UNMET),
        (took("coffee", 1), "INT-13", (Result.MET, Effect.CAUTION, "P")),
        (took("nicotine", 2), "INT-13", NOTED),
        (took("cannabis", 30, form="smoked"), "INT-27", NOTED),
        (took("cannabis", 30, form="edible"), "INT-27", (Result.MET, Effect.STOP, "P")),
        (took("cannabis", 30), "INT-27", (Result.UNKNOWN, Effect.STOP, "P")),
        (took("MDMA", 335), "INT-28", (Result.MET, Effect.STOP, "P")),
        (took("Spravato", 72), "INT-30", NOTED),
        (took("wine"), "INT-05", (Result.UNKNOWN, Effect.STOP, "P")),
    ],
)
def test_holds_at_their_hour(medicine, row, expected):
    assert told(reasons(medicine, row=row)[-1]) == expected


def test_v21_methylphenidate_two_hours_ago():
    reason = only(took("methylphenidate", 2, dose=20), row="INT-12")
    assert told(reason) == UNMET
    assert "12 h hold not met" in reason.words
    assert "Pressure every 10 min for 60 min" in reason.words


def test_between_two_holds_the_form_is_asked_for():
    reason = only(took("Ritalin", 13), row="INT-12")
    assert (told(reason), reason.missing) == (OPEN, ("Ritalin: form",))
    assert told(only(took("Ritalin", 13, form="XR"), row="INT-12")) == UNMET
    assert told(only(took("Concerta", 13), row="INT-12")) == UNMET
    assert told(only(took("Ritalin", 13, form="IR"), row="INT-12")) == NOTED
    assert told(only(took("Ritalin", 25), row="INT-12")) == NOTED
    assert "Pressure every 10 min" in only(took("Ritalin", 25), row="INT-12").words


def test_v23_a_nasal_spray_twenty_minutes_before_a_nasal_dose():
    spray = took("oxymetazoline", "0.333")
    reason = only(spray, row="INT-24", route="IN")
    assert told(reason) == UNMET
    assert "1 h hold not met, last taken 20 min ago, 40 min to wait" in reason.words
    assert reason.grade is Grade.V
    assert told(only(spray, row="INT-24", route="IV")) == NOTED
    assert told(only(spray, row="INT-24")) == UNMET
    assert judged(spray, route="IV").hours_left is None


def test_a_decongestant_is_judged_by_how_it_is_taken():
    by_mouth = only(took("phenylephrine", 5, form="tablet"), row="INT-16", route="IV")
    assert told(by_mouth) == UNMET
    assert told(only(took("phenylephrine", 5, form="nasal spray"), row="INT-24", route="IN")) == NOTED
    unsaid = only(took("phenylephrine", 5), row="INT-16", route="IN")
    assert (told(unsaid), unsaid.missing) == (OPEN, ("phenylephrine: form",))


def test_at_the_evaluation_a_hold_is_an_instruction():
    reason = only(took("zolpidem", 1), row="INT-02", stage="evaluation")
    assert (told(reason), reason.words) == (NOTED, "Zolpidem: hold 12 h before each dose")
    assert "none for 24 h before each dose" in only(took("alcohol", 1), row="INT-05", stage="evaluation").words


def test_a_sedative_that_also_needs_the_prescriber():
    at_evaluation = only(took("Soma"), row="INT-07", stage="evaluation")
    assert told(at_evaluation) == UNMET
    assert "hold 24 h before each dose" in at_evaluation.words
    assert only(took("Soma"), row="INT-07").missing == ("Soma: hours since last",)
    assert judged(took("Soma")).words == "Ask first; hold 24 h before"


@pytest.mark.parametrize(
    ("medicine", "pressure", "expected"),
    [
        (took("atomoxetine", 3, as_needed=False), (128, 78), NOTED),
        (took("atomoxetine", 3, as_needed=False), (140, 90), NOTED),
        (took("atomoxetine", 3, as_needed=False), (141, 90), UNMET),
        (took("atomoxetine", 3, as_needed=False), (150, 78), UNMET),
        (took("atomoxetine", 3, as_needed=False), (128, 95), UNMET),
        (took("atomoxetine", 3, as_needed=False), (128, None), OPEN),
        (took("atomoxetine", 3, as_needed=True), (128, 78), UNMET),
        (took("atomoxetine", 25, as_needed=None), (None, None), NOTED),
    ],
)
def test_atomoxetine_continues_daily_while_pressure_is_normal(medicine, pressure, expected):
    systolic, diastolic = (None if value is None else Decimal(value) for value in pressure)
    assert told(only(medicine, row="INT-12", gate_sbp=systolic, gate_dbp=diastolic)) == expected


def test_trazodone_is_a_sleeping_aid_up_to_100_mg():
    assert told(only(took("trazodone", 2, dose=100), row="INT-07")) == UNMET
    assert told(only(took("trazodone", 2, dose="100.5"), row="INT-22")) == NOTED
    unknown = only(took("trazodone", 2), row="INT-07")
    assert (told(unknown), unknown.missing) == (OPEN, ("trazodone: daily dose",))
    assert "if up to 100 mg a day" in unknown.words


# --- opioids and what is worse together ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("medicine", "expected"),
    [
        (took("oxycodone", 3, as_needed=True), UNMET),
        (took("oxycodone", 12, as_needed=True), NOTED),
        (took("oxycodone", 12, as_needed=False), UNMET),
        (took("oxycodone", 12), OPEN),
        (took("methadone", 2), UNMET),
    ],
)
def test_opioids_as_needed_hold_and_daily_ask(medicine, expected):
    reason = only(medicine, row="INT-03")
    assert told(reason) == expected
    if expected == OPEN:
        assert reason.missing == ("oxycodone: as needed or daily",)


def test_tramadol_as_needed_holds_24_h():
    assert told(only(took("tramadol", 23, as_needed=True), row="INT-04")) == UNMET
    assert told(only(took("tramadol", 24, as_needed=True), row="INT-04")) == NOTED


STABLE = {"as_needed": False, "days": 30}


@pytest.mark.parametrize(
    ("benzo", "opioid", "alcohol", "expected", "missing"),
    [
        (took("lorazepam", 3, as_needed=True), took("morphine", 11, **STABLE), False, Result.MET, ()),
        (took("lorazepam", 3, **STABLE), took("morphine", 11, **STABLE), False, Result.NOT_MET, ()),
        (took("lorazepam", 3, as_needed=False, days=0), took("morphine", 11, **STABLE), False, Result.MET, ()),
        (took("lorazepam", 3, as_needed=True), took("morphine", 12, **STABLE), False, Result.NOT_MET, ()),
        (took("lorazepam", 3, **STABLE), None, Decimal(23), Result.MET, ()),
        (took("lorazepam", 25, **STABLE), None, Decimal(3), Result.NOT_MET, ()),
        (took("lorazepam", 3, **STABLE), None, Decimal(24), Result.NOT_MET, ()),
        (None, None, Decimal(3), Result.NOT_MET, ()),
        (took("lorazepam", 3, **STABLE), None, None, Result.UNKNOWN, ("hours_since_alcohol",)),
        (took("lorazepam", **STABLE), None, Decimal(1), Result.UNKNOWN, ("lorazepam: hours since last",)),
        (
            *(took("lorazepam", 3), took("morphine", 3, **STABLE), False, Result.UNKNOWN),
            ("lorazepam: as needed or daily",),
        ),
        (
            *(took("lorazepam", 3, as_needed=False), took("morphine", 3, **STABLE), False, Result.UNKNOWN),
            ("lorazepam: days at this dose",),
        ),
        (
            *(took("lorazepam", as_needed=True), took("morphine", 3, **STABLE), False, Result.UNKNOWN),
            ("lorazepam: hours since last",),
        ),
    ],
)
def test_com_01_benzodiazepine_and_opioid_at_once_or_either_with_alcohol(benzo, opioid, alcohol, expected, missing):
    taken = [medicine for medicine in (benzo, opioid) if medicine is not None]
    found = judging.reasons(case(*taken, hours_since_alcohol=alcohol), KNOWLEDGE)
    reason = next(r for r in found if r.criterion == "COM-01")
    assert (reason.result, reason.missing, reason.override) == (expected, missing, "P+MD")
    assert reason.effect is Effect.STOP


def test_com_01_asks_only_about_pairs_that_are_not_settled():
    opioid = took("oxycodone", 1, as_needed=False)
    open_one, settled = took("alprazolam", None, as_needed=True), took("lorazepam", 200, as_needed=False)
    assert only(open_one, settled, opioid, row="COM-01").missing == ("alprazolam: hours since last",)


def test_com_01_a_dose_changed_today_is_not_stable_and_one_of_yesterday_is():
    changed = [took("lorazepam", 3, as_needed=False, days=0), took("oxycodone", 3, **STABLE)]
    assert only(*changed, row="COM-01").result is Result.MET
    since_yesterday = [took("lorazepam", 3, as_needed=False, days=1), took("oxycodone", 3, **STABLE)]
    assert not reasons(*since_yesterday, row="COM-01")


def test_com_01_what_was_asked_about_alcohol_yesterday_says_nothing_of_today():
    asked = Fact("hours_since_alcohol", Decimal(1), "h", ON - timedelta(days=1), "asked")
    known = case(took("lorazepam", 3, **STABLE), hours_since_alcohol=None)
    found = judging.reasons(replace(known, facts=known.facts.with_(asked)), KNOWLEDGE)
    assert next(r for r in found if r.criterion == "COM-01").missing == ("hours_since_alcohol",)


def test_com_01_shows_when_each_was_last_taken_where_it_is_known():
    found = only(took("lorazepam", 3, as_needed=True), took("oxycodone", as_needed=True), row="COM-01")
    assert [(used.name, used.value) for used in found.facts] == [("lorazepam: hours since last", Decimal(3))]


def test_com_01_reads_breath_and_a_drink_named_in_the_list():
    lorazepam = took("lorazepam", 3, **STABLE)
    by_breath = judging.reasons(case(lorazepam, breath_alcohol_percent=Decimal("0.02")), KNOWLEDGE)
    assert next(r for r in by_breath if r.criterion == "COM-01").result is Result.MET
    by_list = judging.reasons(case(lorazepam, took("beer", 2)), KNOWLEDGE)
    assert next(r for r in by_list if r.criterion == "COM-01").result is Result.MET


def test_com_02_both_every_day_needs_both_signatures():
    daily = [took("lorazepam", 3, **STABLE), took("morphine", 3, **STABLE)]
    for stage in ("evaluation", "dose"):
        assert told(only(*daily, row="COM-02", stage=stage)) == (Result.MET, Effect.CLEAR, "P+MD")
    unsaid = only(took("lorazepam"), took("morphine", as_needed=False), row="COM-02", stage="evaluation")
    assert (unsaid.result, unsaid.missing) == (Result.UNKNOWN, ("lorazepam: as needed or daily",))
    assert not reasons(took("lorazepam", as_needed=True), took("morphine"), row="COM-02")
    assert not reasons(*daily, row="COM-01")


def test_rul_12_methadone_alone_is_one_clearance():
    reason = only(took("methadone", 2, as_needed=False), row="INT-03", stage="evaluation")
    assert told(reason) == UNMET
    assert "continues; the prescriber decides" in reason.words
    assert judged(took("methadone"), stage="evaluation").words == "Ask first; continue meanwhile"


def test_a_gabapentinoid_with_an_opioid_asks_the_prescriber():
    pair = reasons(took("pregabalin", 9), took("methadone", 9), row="INT-06")
    assert [told(reason) for reason in pair] == [UNMET, NOTED]
    assert "(methadone, pregabalin)" in pair[0].words


@pytest.mark.parametrize(
    ("name", "does"),
    [("trazodone", ["sedation"]), ("phenylephrine", ["pressure"]), ("olanzapine-fluoxetine", ["sedation", "qt"])],
)
def test_what_a_medicine_does_is_not_hidden_by_a_row_that_does_nothing(name, does):
    assert list(judging.judged_medicine(took(name), case(took(name)), KNOWLEDGE).does) == does


# --- MAO inhibitors and the rest -------------------------------------------------------------------------------------


def test_v15_tranylcypromine_asks_both_and_plans_pressure():
    reason = only(took("tranylcypromine", 2, dose=40), row="INT-10")
    assert told(reason) == (Result.MET, Effect.CLEAR, "P+MD")
    assert "pressure every 5 to 10 min for 60 min" in reason.words
    assert reason.words.casefold().count("prescriber and medical director decide") == 1
    assert reason.facts[0].value == 40
    assert judging.closer_pressure(judging.judged_medicines(case(took("tranylcypromine")), KNOWLEDGE), KNOWLEDGE) == (
        "tranylcypromine",
    )
    assert judging.closer_pressure(judging.judged_medicines(case(took("sertraline")), KNOWLEDGE), KNOWLEDGE) == ()


def test_rul_09_an_mao_inhibitor_with_a_stimulant_or_decongestant():
    for other in ("methylphenidate", "pseudoephedrine"):
        both = reasons(took("phenelzine"), took(other, 48), row="INT-10")
        assert [told(reason) for reason in both] == [(Result.MET, Effect.CLEAR, "P+MD")] * 2


@pytest.mark.parametrize(
    ("tsh", "age", "expected"),
    [
        ("normal", 0, NOTED),
        ("high", 0, (Result.MET, Effect.CAUTION, "P")),
        (None, 0, (Result.UNKNOWN, Effect.CAUTION, "P")),
        ("normal", 181, (Result.UNKNOWN, Effect.CAUTION, "P")),
        ("normal", 180, NOTED),
    ],
)
def test_int_15_thyroid_hormone_reads_tsh(tsh, age, expected):
    known = facts() if tsh is None else facts().with_(Fact("tsh_result", tsh, None, ON - timedelta(days=age), "lab"))
    asked = Case(ON, known, (), (took("Synthroid", 3),), Stage.DOSE)
    (reason,) = [r for r in judging.reasons(asked, KNOWLEDGE) if r.criterion == "INT-15"]
    assert told(reason) == expected


@pytest.mark.parametrize(("qtc", "effect"), [("481", Effect.CAUTION), ("480", Effect.NOTE)])
def test_int_25_an_antiemetic_reads_qtc(qtc, effect):
    assert only(took("ondansetron"), row="INT-25", qtc_ms=Decimal(qtc)).effect is effect


@pytest.mark.parametrize(
    ("medicine", "stage", "expected"),
    [
        (took("lisinopril", 24), "dose", NOTED),
        (took("lisinopril", "24.5"), "dose", (Result.MET, Effect.CAUTION, "P")),
        (took("lisinopril"), "dose", (Result.UNKNOWN, Effect.CAUTION, "P")),
        (took("propranolol", 50, as_needed=True), "dose", NOTED),
        (took("lisinopril"), "evaluation", NOTED),
    ],
)
def test_int_18_a_missed_dose_today_is_a_caution(medicine, stage, expected):
    assert told(only(medicine, row="INT-18", stage=stage)) == expected


def test_naltrexone_is_talked_about_and_a_depot_never_stopped():
    tablets = only(took("naltrexone", form="tablet"), row="INT-19", stage="evaluation")
    assert told(tablets) == UNMET
    assert "talks about a hold of 72 h" in tablets.words
    assert "72 h" not in only(took("Vivitrol"), row="INT-19", stage="evaluation").words
    assert judged(took("Revia", form="tablet")).words == "Ask first"


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("lamotrigine", "continue"),
        ("lithium", "continue"),
        ("clozapine", "continue"),
        ("venlafaxine", "continue"),
        ("memantine", "ask first"),
        ("theophylline", "ask first"),
        ("midodrine", "ask first"),
        ("cocaine", "stop"),
        ("Delsym", "hold"),
    ],
)
def test_the_action_in_one_word(name, action):
    assert judged(took(name)).action == action


def test_what_it_does_in_words():
    assert judged(took("clonazepam")).does == (Does.SEDATION, Does.BLUNTS)
    assert judged(took("lithium")).does == (Does.NONE,)
    assert judged(took("modafinil")).does == (Does.PRESSURE, Does.PULSE, Does.LOWERS)
    assert Does.PRESSURE.words == "raises blood pressure"
    assert judged(took("itraconazole")).unconfirmed
    assert not judged(took("lithium")).unconfirmed


def test_hours_left_until_every_hold_is_over():
    assert judged(took("methylphenidate", 2)).hours_left == 22
    assert judged(took("zolpidem", 20)).hours_left == 0
    assert judged(took("zolpidem")).hours_left is None
    assert judged(took("zolpidem", 1)).words == "Hold 12 h before"
    assert judged(took("methylphenidate")).words == "Hold 12 h before (IR), 24 h before (ER)"
    assert judged(took("alcohol")).words == "None for 24 h before"
    assert judged(took("lithium")).words == "Continue"


# --- enzymes ---------------------------------------------------------------------------------------------------------


def test_v17_itraconazole_under_the_tongue_shows_group_and_ratio():
    found = {r.criterion: r for r in reasons(took("itraconazole"), route="SL")}
    assert told(found["PKG-1"]) == UNMET
    assert told(found["PK-03"]) == NOTED
    assert "AUC × 1. No rise of exposure found" in found["PK-03"].words
    assert outcome(took("itraconazole"), route="SL") is Outcome.WARN


def test_v18_rifampicin_lowers_and_no_higher_dose_is_suggested():
    found = {r.criterion: r for r in reasons(took("rifampin"), route="SL")}
    assert found["PKG-3"].effect is Effect.CAUTION
    assert "never raised automatically" in found["PKG-3"].words
    assert found["PK-08"].facts[-1].value == Decimal("0.14")
    assert "no higher dose is suggested" in found["PK-08"].words
    assert {"PK-07", "PK-09"}.isdisjoint(found)


@pytest.mark.parametrize(
    ("name", "route", "effect"),
    [
        ("ketoconazole", "IV", Effect.NOTE),
        ("ketoconazole", "IM", Effect.NOTE),
        ("ketoconazole", None, Effect.CLEAR),
        ("ticlopidine", "SL", Effect.CAUTION),
        ("sertraline", "SL", Effect.NOTE),
        ("carbamazepine", "IN", Effect.CAUTION),
        ("carbamazepine", "IV", Effect.NOTE),
        ("modafinil", "SL", Effect.NOTE),
    ],
)
def test_groups_by_route(name, route, effect):
    (reason,) = [r for r in reasons(took(name, 48), route=route) if r.criterion.startswith("PKG")]
    assert reason.effect is effect


def test_rul_11_the_named_drug_beats_its_group():
    by_tongue = reasons(took("St John's wort"), route="SL")
    assert {(r.criterion, r.effect) for r in by_tongue} == {("INT-31", Effect.CAUTION), ("PK-10", Effect.CAUTION)}
    assert told(only(took("St John's wort"), row="INT-31", route="IN")) == NOTED
    assert told(only(took("grapefruit juice", 71), row="PKG-1", route="SL")) == UNMET
    assert told(only(took("grapefruit juice", 71), row="PKG-1", route="IV")) == NOTED
    assert "no route is chosen" in only(took("Sporanox"), row="PKG-1").words


def test_glp_1_asks_for_a_longer_fast_into_vein_or_muscle_only():
    assert only(took("Ozempic"), row="INT-32", route="IV").effect is Effect.CAUTION
    assert only(took("Ozempic"), row="INT-32", route="IN").effect is Effect.NOTE
    assert "by IM/IV" in only(took("Ozempic"), row="INT-32").words


def test_pk_11_the_liver_itself():
    known = only(row="PK-11", route="IN", child_pugh="B")
    assert "AUC × 2.03, Cmax × 1.08. Watch longer" in known.words
    assert not reasons(row="PK-11", route="IN", child_pugh="A")
    assert not reasons(row="PK-11", route="IV", child_pugh="B")
    assert not reasons(row="PK-11", route="IN")


def test_pk_06_tells_its_range():
    assert "AUC × 3 (2.4 to 3.6), Cmax × 2.1" in only(took("grapefruit"), row="PK-06").words


def test_exposure_effects_for_dosing():
    taken = [took("Biaxin"), took("modafinil"), took("St. John's Wort"), took("Blue pills"), took("grapefruit")]
    by_tongue = exposure_effects(taken, Route.SL, KNOWLEDGE)
    assert [(e.drug, e.direction, e.counts) for e in by_tongue] == [
        ("St John's wort", Does.LOWERS, True),
        ("clarithromycin", Does.RAISES, True),
        ("grapefruit", Does.RAISES, True),
        ("modafinil", Does.LOWERS, False),
    ]
    assert [ratio.id for ratio in by_tongue[1].ratios] == ["PK-05"]
    assert not any(e.counts for e in exposure_effects(taken, Route.IV, KNOWLEDGE))


def test_by_route_tells_what_a_group_asks_for():
    assert judged(took("itraconazole")).by_route == {Route.SL: "raises exposure, ask first"}
    assert judged(took("rifampicin")).by_route == {Route.SL: "lowers exposure", Route.IN: "lowers exposure"}
    assert judged(took("itraconazole"), route="SL").action is Action.ASK
    assert judged(took("itraconazole"), route="IV").action is Action.CONTINUE


# --- substances ------------------------------------------------------------------------------------------------------


def test_v25_alcohol_in_the_breath_stops_however_well_the_person_feels():
    reason = only(row="INT-05", breath_alcohol_percent=Decimal("0.03"))
    assert (reason.result, reason.effect) == (Result.MET, Effect.STOP)
    assert outcome(breath_alcohol_percent=Decimal("0.03")) is Outcome.STOP
    assert outcome(breath_alcohol_percent=Decimal(0)) is Outcome.PERMIT


@pytest.mark.parametrize(
    ("fact", "hours", "row", "effect"),
    [
        ("hours_since_alcohol", 24, "INT-05", Effect.STOP),
        ("hours_since_caffeine", 2, "INT-13", Effect.CAUTION),
        ("hours_since_cannabis", 24, "INT-27", Effect.STOP),
        ("hours_since_cannabis_edible", 48, "INT-27", Effect.STOP),
        ("hours_since_cocaine", 72, "INT-28", Effect.STOP),
        ("hours_since_ayahuasca_or_mdma", 336, "INT-28", Effect.STOP),
        ("hours_since_psychedelic", 336, "INT-28", Effect.STOP),
        ("hours_since_other_ketamine", 72, "INT-30", Effect.STOP),
    ],
)
def test_substances_at_their_hour_and_unknown(fact, hours, row, effect):
    just = only(row=row, **{fact: Decimal(hours) - Decimal("0.1")})
    assert (just.result, just.effect) == (Result.MET, effect)
    assert not reasons(row=row, **{fact: Decimal(hours)})
    unknown = only(row=row, **{fact: None})
    assert (unknown.result, unknown.missing) == (Result.UNKNOWN, (fact,))
    assert not reasons(row=row, stage="evaluation", **{fact: None})


def test_int_27_daily_cannabis_needs_the_prescriber_at_any_time():
    assert told(only(row="INT-27", stage="evaluation", cannabis_daily=True)) == UNMET
    assert only(row="INT-27", stage="evaluation", cannabis_daily=None).missing == ("cannabis_daily",)


# --- what is noted is said ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("medicine", "more", "row", "words"),
    [
        (took("amlodipine", 5), {}, "INT-18", "Amlodipine: usual dose taken 5 h ago"),
        (took("amlodipine", 30), {}, "INT-18", "Amlodipine: usual dose missed, last taken 30 h ago"),
        (took("fluticasone", "0.5"), {"route": "IV"}, "INT-24", "Fluticasone: no hold by this route"),
        (took("oxymetazoline", "1.5"), {"route": "IN"}, "INT-24", "Oxymetazoline: 1 h hold met, last taken 1.5 h ago"),
        (
            took("oxymetazoline", "0.5"),
            {"route": "IN"},
            "INT-24",
            "Oxymetazoline: 1 h hold not met, last taken 30 min ago",
        ),
        (
            took("levothyroxine", 5),
            {"tsh_result": "normal"},
            "INT-15",
            "Levothyroxine: continue. Pressure every",
        ),
        (took("semaglutide"), {"route": "IN"}, "INT-32", "Semaglutide: noted by this route"),
        (took("lorazepam", 20, dose=1), {}, "INT-01", "10 mg (Ashton 2002) diazepam equivalent a day"),
    ],
)
def test_what_is_noted_is_said_in_words(medicine, more, row, words):
    assert any(words in reason.words for reason in reasons(medicine, row=row, **more))


@pytest.mark.parametrize(
    ("medicine", "row", "words"),
    [
        (took("rifampicin"), "PKG-3", "Rifampicin: lowers exposure by SL/IN, and no route is chosen yet"),
        (took("rifampicin"), "PK-07", "rifampicin 600 mg once a day for 6 days, S-ketamine IV 0.1 mg/kg: AUC × 0.86"),
        (
            took("lorazepam", 20, dose="0.5"),
            "INT-01",
            "5 mg (Ashton 2002) diazepam equivalent a day, not above",
        ),
        (took("lorazepam", 20), "INT-01", "cannot tell whether it is above 8 mg (lorazepam: daily dose)"),
        (took("diazepam", 30, dose=8), "INT-01", "not above 8 mg"),
    ],
)
def test_exposure_and_blunting_are_said_in_words(medicine, row, words):
    found = judging.reasons(case(medicine), KNOWLEDGE)
    assert any(words in reason.words for reason in found if reason.criterion == row)
