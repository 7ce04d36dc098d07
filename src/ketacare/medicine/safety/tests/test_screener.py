"""The C-SSRS screener: every combination of answers against a slow reader of the published table."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.medicine.evidence.reader import SheetRefused, read_sheet, sheet_from
from ketacare.medicine.evidence.terms import Grade
from ketacare.medicine.safety import reader, rules
from ketacare.medicine.safety.rules import screener
from ketacare.medicine.safety.terms import Dosing, RiskTier, Tier

SHEET = reader.risk_sheet()
IDS = ("1", "2", "3", "4", "5", "6", "6.recent", "imminent")
YES, NO, OPEN = True, False, None
T = RiskTier


def screened(text, *, imminent=NO, since=False):
    """Answers 1-6 as Y, N or -, with the window of 6 in brackets: "Y N - - - Y(recent)"."""
    code = {"Y": YES, "N": NO, "-": OPEN}
    parts = text.replace("(recent)", "!").replace("(long ago)", "?").split()
    said = {number: code[part[0]] for number, part in zip(IDS, parts, strict=False)}
    said["6.recent"] = {"!": YES, "?": NO}.get(parts[5][1:], OPEN)
    return rules.cssrs_tier(said | {"imminent": imminent}, SHEET, since_last_visit=since)


# --- a slow reader: the table as it is printed, and every way in which open answers could turn out -------------------


def table(a):
    """The condition column, highest first, for a screener answered to its end."""
    if a["imminent"]:
        return T.T4
    if a["4"] or a["5"] or (a["6"] and a["6.recent"]):
        return T.T3
    if a["3"] or a["6"]:
        return T.T2
    if a["1"] or a["2"]:
        return T.T1
    return T.T0


def is_possible(a):
    """The form's tree: without thoughts nothing behind them, without behaviour none lately."""
    return not (not a["2"] and (a["3"] or a["4"] or a["5"])) and not (not a["6"] and a["6.recent"])


WHOLE = [dict(zip(IDS, filled, strict=True)) for filled in product((YES, NO), repeat=len(IDS))]
POSSIBLE = [(whole, table(whole)) for whole in WHOLE if is_possible(whole)]


def endings(said):
    """The tiers to which these answers could still come."""
    fixed = [(question, answer) for question, answer in said.items() if answer is not OPEN]
    return {tier for whole, tier in POSSIBLE if all(whole[question] is answer for question, answer in fixed)}


def without_contradictions(said):
    """Both sides of each contradiction taken out, to see what the rest says by itself."""
    a = dict(said)
    if a["2"] is NO and (a["3"] or a["4"] or a["5"]):
        a |= {q: NO for q in ("3", "4", "5") if a[q]}
    if a["6"] is NO and a["6.recent"]:
        a["6.recent"] = NO
    return a


def slowly(said):
    """Tier, and whether it is a contradiction."""
    found = endings(said)
    if not found:
        rest = min(endings(without_contradictions(said)))
        return (rest if rest >= T.T3 else T.TX), True
    lowest = min(found)
    return (lowest if len(found) == 1 or lowest >= T.T3 else T.TX), False


ALL = [dict(zip(IDS, answers, strict=True)) for answers in product((YES, NO, OPEN), repeat=len(IDS))]


def test_every_combination_of_answers_as_the_table_says():
    assert len(ALL) == 3**8
    for said in ALL:
        result = rules.cssrs_tier(said, SHEET)
        tier, is_contradiction = slowly(said)
        assert (result.tier, bool(result.inconsistent)) == (tier, is_contradiction), said
        assert (result.tier is T.TX) == bool(result.unanswered or (result.inconsistent and result.tier is T.TX)), said


def test_the_open_questions_named_are_those_whose_answer_could_raise_it():
    for said in ALL:
        result = rules.cssrs_tier(said, SHEET)
        assert all(said[question] is OPEN for question in result.unanswered), said
        if result.tier is T.TX and not result.inconsistent:
            answered_no = said | dict.fromkeys(result.unanswered, NO)
            assert rules.cssrs_tier(answered_no, SHEET).tier is not T.TX, said
        for question in result.unanswered:
            one_left = said | {q: NO for q in result.unanswered if q != question}
            assert rules.cssrs_tier(one_left, SHEET).tier is T.TX, (said, question)


def test_what_is_certain_is_certain_whatever_the_open_answers_turn_out_to_be():
    for said in ALL:
        result = rules.cssrs_tier(said, SHEET)
        assert result.at_least is not T.TX
        if result.tier is not T.TX:
            assert result.at_least is result.tier
        elif not result.inconsistent and result.at_least is not T.T2:  # moderate may be the house's until it is asked
            assert result.at_least is min(endings(said)), said
        else:
            assert result.at_least >= min(endings(without_contradictions(said))), said


answers = st.fixed_dictionaries({question: st.sampled_from([YES, NO, OPEN]) for question in IDS})


@given(answers, st.sampled_from(IDS), st.booleans())
def test_a_worse_answer_never_lowers_the_tier(said, question, since):
    before = rules.cssrs_tier(said, SHEET, since_last_visit=since)
    after = rules.cssrs_tier(said | {question: YES}, SHEET, since_last_visit=since)
    assert after.at_least >= before.at_least
    if T.TX not in (before.tier, after.tier):
        assert after.tier >= before.tier


def test_a_known_tier_becomes_unknown_by_a_worse_answer_only_as_a_contradiction_or_a_question_it_opens():
    for said in ALL:
        before = rules.cssrs_tier(said, SHEET)
        for question in IDS:
            after = rules.cssrs_tier(said | {question: YES}, SHEET)
            if before.tier is not T.TX and after.tier is T.TX:
                assert after.inconsistent or {"3", "4", "5", "6.recent"} & set(after.unanswered), (said, question)


# --- the published examples ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "tier"),
    [
        ("N N - - - N", T.T0),
        ("Y N - - - N", T.T1),
        ("Y Y N N N N", T.T1),
        ("Y Y Y N N N", T.T2),
        ("N N - - - Y(long ago)", T.T2),
        ("Y Y Y Y N N", T.T3),
        ("Y Y N N Y N", T.T3),
        ("N N - - - Y(recent)", T.T3),
    ],
)
def test_examples(text, tier):
    result = screened(text)
    assert (result.tier, result.unanswered, result.inconsistent) == (tier, (), ())


def test_at_least_moderate_while_4_5_or_6_is_unanswered():
    begun = screened("Y Y Y - - N")
    assert (begun.tier, begun.at_least, begun.unanswered) == (T.TX, T.T2, ("4", "5"))
    no_method = screened("Y Y N - N N")
    assert (no_method.at_least, no_method.unanswered) == (T.T2, ("4",))
    assert screened("N N - - - -").at_least is T.T2
    assert screened("- N - - - N").at_least is T.T0


def test_not_begun_says_nothing_and_asks_the_first_questions():
    nothing = rules.cssrs_tier({}, SHEET)
    assert (nothing.tier, nothing.at_least) == (T.TX, T.T0)
    assert nothing.unanswered == ("1", "2", "6", "imminent")


def test_a_yes_behind_a_no_is_inconsistent_and_names_both():
    result = screened("Y N - Y - N")
    assert (result.tier, result.inconsistent, result.at_least, result.certain) == (T.TX, ("2", "4"), T.T3, T.T3)
    lately = rules.cssrs_tier({"1": NO, "2": NO, "6": NO, "6.recent": YES, "imminent": NO}, SHEET)
    assert (lately.tier, lately.inconsistent) == (T.TX, ("6", "6.recent"))


def test_a_contradiction_does_not_hide_a_danger_that_stands_by_itself():
    result = screened("Y N - Y - Y(recent)")
    assert (result.tier, result.inconsistent, result.decided_by) == (T.T3, ("2", "4"), ("6.recent",))
    assert screened("Y N - Y - N", imminent=YES).tier is T.T4


def test_behaviour_since_the_last_visit_is_recent():
    assert screened("N N - - - Y", since=True).tier is T.T3
    assert screened("N N - - - N", since=True).tier is T.T0
    assert screened("N N - - - -", since=True).unanswered == ("6",)
    assert screened("N N - - - Y").unanswered == ("6.recent",)


def test_the_answers_that_decided_are_named():
    assert screened("Y Y Y Y N N").decided_by == ("4",)
    assert screened("Y Y N N N N").decided_by == ("1", "2")
    assert screened("Y Y N N N N").certain is T.T1
    assert screened("N N - - - N").decided_by == ("1", "2", "6", "imminent")


# --- the tiers -------------------------------------------------------------------------------------------------------


def test_what_each_tier_means_for_a_dose_and_how_soon_a_person_answers():
    told = {tier: (found.dosing, found.override, found.raises) for tier, found in SHEET.tiers.items()}
    assert told == {
        T.T0: (Dosing.ALLOWED, "none", None),
        T.T1: (Dosing.ALLOWED, "none", Tier.T3),
        T.T2: (Dosing.CLEARANCE, "P", Tier.T2),
        T.T3: (Dosing.STOP, "P+MD", Tier.T1),
        T.T4: (Dosing.STOP, "none", Tier.T1),
        T.TX: (Dosing.NOT_READY, "none", None),
    }
    assert all(found.actions and found.sources for found in SHEET.tiers.values())
    assert reader.risk_findings()[T.T3].actions_grade is Grade.D


def test_the_questions_are_told_by_number_and_meaning():
    assert tuple(SHEET.questions) == IDS
    assert [q.asked for q in SHEET.questions.values()].count("if 2 yes") == 3
    assert SHEET.days("high_is_recent") == 30


def test_the_safety_plan_has_its_fields_in_order():
    plan = reader.safety_plan_sheet()
    assert [field.id for field in plan.fields] == [
        *("warning_signs", "coping", "contacts", "helpers", "professionals", "means", "reason_for_living"),
    ]
    assert [field.id for field in plan.fields if not field.required] == ["reason_for_living"]
    assert (plan.review_within_d.integer, plan.contacts_h.values) == (90, (24, 72, 168, 720))


def test_a_row_without_a_source_is_refused():
    whole = read_sheet(reader._KNOWLEDGE / "risk-tiers.toml")
    tiers = {**whole.body["tiers"], "T0": {**whole.body["tiers"]["T0"], "source": "NOBODY"}}
    torn = sheet_from({"sheet": HEAD, "sources": {"HOUSE": "House"}}, "x")
    with pytest.raises(SheetRefused, match="NOBODY"):
        reader.risk_sheet_from(type(torn)(torn.header, whole.sources, {**whole.body, "tiers": tiers}))


HEAD = {
    "id": "x",
    "version": "1",
    "title": "X",
    "status": "shipped",
    "author": "a",
    "checker": "b",
    "reviewed_on": SHEET.sheet.header.reviewed_on,
    "next_review_on": SHEET.sheet.header.next_review_on,
}


def test_an_item_has_as_many_tiers_as_answers():
    with pytest.raises(ValueError, match="s9: as many tiers as answers"):
        reader._answer_tiers({"id": "s9", "answers": ("no", "yes"), "tiers": ("",)})


def test_every_side_effect_has_a_term_and_is_said_in_plain_words():
    effects = reader.side_effects()
    assert len({effect.id for effect in effects}) == len(effects) > 0
    assert all(effect.term and effect.words for effect in effects)


def test_side_effects_are_asked_by_yes_and_no_and_have_no_score():
    asked = reader.side_effects_asked()
    assert asked.header.id == "side-effects"
    assert {choice.words for choice in asked.items[0].choices} == {"No", "Yes"}


def test_what_was_judged_before_is_told_again_and_no_more_is_kept_than_fits(monkeypatch):
    no = dict.fromkeys(SHEET.questions, False)
    first = rules.cssrs_tier(no, SHEET)
    assert rules.cssrs_tier(no, SHEET) is first
    monkeypatch.setattr(screener, "_MOST_SCREENED", 1)
    assert rules.cssrs_tier(no | {"imminent": True}, SHEET).tier is T.T4
    assert rules.cssrs_tier(no, SHEET) == first
