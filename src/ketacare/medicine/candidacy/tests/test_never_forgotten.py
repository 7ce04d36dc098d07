"""What was found once is not unsaid by a no, however old it is, and what one answer says no other box takes back."""

from dataclasses import replace

import pytest

from ketacare.medicine.candidacy import reader
from ketacare.medicine.candidacy.reader import knowledge as reading
from ketacare.medicine.candidacy.reader.knowledge import forgotten
from ketacare.medicine.candidacy.terms import Route
from ketacare.medicine.candidacy.tests.given import ON, SHEET
from ketacare.medicine.candidacy.tests.ordinary import a_fact, ago, judged, ordinary, reason
from ketacare.medicine.evidence.reader import SheetRefused
from ketacare.medicine.evidence.rules import leaves
from ketacare.medicine.evidence.terms import EVER, Outcome, Result

ROWS = [row for row in SHEET.contraindications.criteria if row.look_back == "ever"]
EVER_READ = sorted({leaf.fact for row in ROWS for leaf in leaves(row.condition)})
HOLDING = sorted(
    {leaf.fact for row in ROWS if row.holds_back for leaf in leaves(row.condition)} - {"aneurysm_repaired"}
)


def a_finding(name):
    kind = SHEET.facts[name]
    if kind.kind == "date or no":
        return {"event_days_ago": 20}
    return kind.choices[-1] if kind.choices else True


def none_of(name):
    return "none" if SHEET.facts[name].choices else False


@pytest.mark.parametrize("name", EVER_READ)
def test_every_fact_of_a_row_that_looks_back_for_ever_stands_for_ever(name):
    assert SHEET.facts[name].stands_days == EVER


def test_the_loader_names_a_row_that_would_forget():
    porphyria = replace(SHEET.facts["acute_porphyria"], stands_days=None)
    told = list(forgotten(replace(SHEET, facts={**SHEET.facts, "acute_porphyria": porphyria})))
    assert len(told) == 1
    assert told[0].startswith("acute_porphyria: read by a row that looks back for ever. Add it")
    assert not list(forgotten(reader.shipped()))


def test_shipped_sheets_that_would_forget_are_refused(monkeypatch):
    monkeypatch.setattr(reading, "forgotten", lambda _: iter(["acute_porphyria: would be forgotten"]))
    with pytest.raises(SheetRefused, match="acute_porphyria: would be forgotten"):
        reader.shipped.__wrapped__()


@pytest.mark.parametrize("dose", [False, True])
@pytest.mark.parametrize("days_ago", [1, 100, 366, 1500])
@pytest.mark.parametrize("who", ["letter", "interview"])
def test_v26_a_letter_of_long_ago_and_a_word_taken_back_are_no_no(who, days_ago, dose):
    """V26 with every fact that counts for ever: by another source, and by the same."""
    for name in HOLDING:
        told = ordinary(**{name: None}).with_(
            a_fact(name, a_finding(name), days_ago, who), a_fact(name, none_of(name), 0, "interview")
        )
        decision = judged(told, dose=dose, route=Route.IN)
        assert decision.outcome is Outcome.UNKNOWN, name
        assert any(name in one.missing and "records disagree" in one.words for one in decision.reasons), name
        ruled = told.with_(a_fact(name, none_of(name), source="prescriber", settles=True))
        assert judged(ruled, dose=dose, route=Route.IN).outcome is Outcome.PERMIT, name


def test_what_was_ruled_stays_ruled_and_a_yes_told_after_it_does_not():
    name = "intracerebral_haemorrhage"
    told = ordinary(**{name: None}).with_(
        a_fact(name, True, 800, "letter"),
        a_fact(name, False, 700, "prescriber", settles=True),
        a_fact(name, False, 0, "interview"),
    )
    assert reason(judged(told), "CI-03").result is Result.NOT_MET
    newer = told.with_(a_fact(name, True, 500, "letter of another hospital"))
    assert reason(judged(newer), "CI-03").result is Result.UNKNOWN


def test_a_no_that_has_grown_old_itself_does_not_let_the_yes_before_it_go():
    name = "intracerebral_haemorrhage"
    told = ordinary(**{name: None}).with_(
        a_fact(name, True, 800, "letter"), a_fact(name, False, 400, "letter"), a_fact(name, False, 0, "interview")
    )
    assert reason(judged(told), "CI-03").result is Result.UNKNOWN


def test_an_aneurysm_that_a_letter_calls_repaired_was_there():
    told = ordinary(aneurysm_repaired=None).with_(
        a_fact("aneurysm_repaired", True, 500, "letter"), a_fact("aneurysm_repaired", False)
    )
    assert reason(judged(told), "CI-01").result is Result.UNKNOWN


# --- what one answer says of another ---------------------------------------------------------------------------------

HOME = {"home_sbp_mmhg": None, "home_dbp_mmhg": None}


@pytest.mark.parametrize(
    ("told", "owed"),
    [
        ({"hypertension": "treated"}, True),
        ({"hypertension": "untreated"}, True),
        ({"gate_sbp": 131, "gate_dbp": 80}, True),
        ({"gate_sbp": 130, "gate_dbp": 81}, True),
        ({"gate_sbp": 130, "gate_dbp": 80}, False),
    ],
)
@pytest.mark.parametrize("box", [False, None])
def test_wk_13_pressure_over_the_line_or_treated_is_not_taken_back_by_a_box(told, owed, box):
    decision = judged(ordinary(**HOME, **told, bp_over_130_80_or_treated=box))
    row = reason(decision, "CI-17")
    if box is None and not owed:
        assert row.missing == ("bp_over_130_80_or_treated", "home_sbp_mmhg", "home_dbp_mmhg")
        return
    assert row.result is (Result.UNKNOWN if owed else Result.NOT_MET)
    assert decision.outcome is (Outcome.UNKNOWN if owed else Outcome.PERMIT)
    assert ("records disagree" in row.words) is (owed and box is False)


def test_wk_13_a_reading_counts_90_days_and_a_ruling_settles_what_was_known_by_its_day():
    def told(days, ruled=None):
        facts = ordinary(**HOME, gate_sbp=None, bp_over_130_80_or_treated=None)
        facts = facts.with_(a_fact("gate_sbp", 146, days), a_fact("bp_over_130_80_or_treated", False))
        if ruled is not None:
            facts = facts.with_(a_fact("bp_over_130_80_or_treated", False, ruled, "prescriber", settles=True))
        return reason(judged(facts), "CI-17").result

    assert (told(90), told(91)) == (Result.UNKNOWN, Result.NOT_MET)
    assert (told(20, ruled=20), told(20, ruled=10)) == (Result.NOT_MET, Result.NOT_MET)
    assert told(10, ruled=20) is Result.UNKNOWN


@pytest.mark.parametrize("found", ["treated", "thyrotoxicosis"])
def test_wk_11_thyroid_disease_is_not_taken_back_by_a_box(found):
    facts = ordinary(thyroid=found, tsh_result=None, first_of_series=True).with_(a_fact("tsh_result", "normal", 200))
    row = reason(judged(facts), "WK-11")
    assert row.result is Result.UNKNOWN
    assert "records disagree" in row.words


# --- a disagreement is no missing test -------------------------------------------------------------------------------

OF_C = {"bilirubin_umol_l": 60, "albumin_g_l": 25, "inr": "2.5", "ascites": "moderate", "encephalopathy": "none"}


@pytest.mark.parametrize("dose", [False, True])
@pytest.mark.parametrize("route", [Route.IV, Route.IN])
@pytest.mark.parametrize("days_ago", [0, 80])
def test_ci_53_numbers_of_class_c_are_not_freed_by_no_liver_disease(days_ago, route, dose):
    facts = ordinary(**OF_C, child_pugh=None).with_(a_fact("child_pugh", "none", days_ago))
    decision = judged(facts, route=route, dose=dose)
    row = reason(decision, "CI-53")
    assert (row.result, row.missing) == (Result.UNKNOWN, ("child_pugh",))
    assert "records disagree" in row.words
    assert decision.outcome is Outcome.UNKNOWN


def test_ci_53_two_records_of_which_none_is_class_c_and_a_class_nobody_told_are_freed():
    facts = ordinary(child_pugh=None)
    assert reason(judged(facts), "CI-53").result is Result.NOT_MET
    facts = facts.with_(a_fact("child_pugh", "none"), a_fact("child_pugh", "A", source="letter"))
    assert reason(judged(facts), "CI-53").result is Result.NOT_MET
    stale = ordinary(child_pugh=None).with_(a_fact("child_pugh", "C", 91, "letter"))
    assert reason(judged(stale), "CI-53").result is Result.NOT_MET


# --- a day that had not come -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("on", "told_on"), [("2026-07-14", "2026-07-13"), ("2026-06-10", "2026-05-01T09:00:00+02:00")])
def test_a_day_after_the_one_on_which_it_was_told_is_refused(on, told_on):
    row = {"name": "full_risk_assessment_on", "value": on, "known_on": told_on, "source": "interview"}
    with pytest.raises(reader.CaseRefused) as refused:
        reader.case_from_json({"on": "2026-07-14T10:00:00+02:00", "stage": "dose", "facts": [row]})
    (fault,) = refused.value.faults
    assert fault == (
        f"facts[0].value: {on} is after {told_on[:10]}, the day on which it was told. Correct one of the two."
    )


def test_the_day_itself_is_taken_also_where_another_zone_calls_it_the_day_before():
    for told_on in ("2026-07-14", "2026-07-13T23:30:00+00:00", None):
        row = {"name": "full_risk_assessment_on", "value": str(ON), "known_on": told_on, "source": "interview"}
        told = reader.case_from_json({"on": "2026-07-14T10:00:00+02:00", "stage": "dose", "facts": [row]})
        assert [fact.value for fact in told.facts] == [ago(0)]
