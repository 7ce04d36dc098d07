"""What was found once and what a later no makes of it; and what stands at one moment, looked up by name."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from ketacare.medicine.evidence import rules
from ketacare.medicine.evidence.rules.facts import FactsDisagree, as_of, unsaid
from ketacare.medicine.evidence.terms import EVER, Fact, Facts

ON = date(2026, 7, 14)
NAME = "intracerebral_haemorrhage"


def said(value, days=0, source="interview", **more):
    return Fact(NAME, value, None, None if days is None else ON - timedelta(days=days), source, **more)


def is_finding(fact):
    return fact.value not in (False, "none", "negative")


def carried(*recorded, days=EVER, counts_days=0, at=ON):
    """What is carried on beside the no that would undo it: what it says, how many days old, and who said it first."""
    found = unsaid(recorded, is_finding, days, at, counts_days)
    return [(one.value, one.known_at and (ON - one.known_at).days, one.source) for one in found]


LETTER = said(True, 800, "letter")


def test_a_haemorrhage_told_by_a_letter_stands_beside_the_no_of_an_interview():
    assert carried(LETTER, said(False)) == [(True, 0, "letter, 05-May-2024")]
    assert carried(said(False), LETTER) == carried(LETTER, said(False)), "the order of the records never matters"


def test_a_finding_that_the_same_person_takes_back_stands_beside_it():
    assert carried(said(True, 30), said(False)) == [(True, 0, "interview, 14-Jun-2026")]


def test_what_nobody_denies_or_is_told_again_is_carried_nowhere():
    assert carried(LETTER) == []
    assert carried(said(False)) == []
    assert carried(said(True, 30), said(False, 20), said(True)) == [], "the newest word is the finding itself"
    assert carried(said(False, 900), LETTER) == [], "a no from before it undoes nothing"
    assert carried(LETTER, said(False, 800)) == [], "nor does one of the same day: both stand"


def test_a_yes_and_a_no_of_one_source_and_day_stand_side_by_side_by_themselves():
    assert carried(said(True, 30), said(True), said(False)) == []
    assert carried(said(True, 30), said(False), said(True)) == []


def test_a_finding_older_than_its_look_back_is_not_carried():
    assert carried(said(True, 365), said(False), days=365) == [(True, 0, "interview, 14-Jul-2025")]
    assert carried(said(True, 366), said(False), days=365) == []


def test_a_finding_that_still_counts_needs_no_help_against_another_source():
    other = said(False, 0, "letter")
    assert carried(said(True, 90), other, counts_days=90) == [], "both count, and disagree"
    assert carried(said(True, 91), other, counts_days=90) == [(True, 0, "interview, 14-Apr-2026")]
    assert carried(said(True, 90), said(False), counts_days=90) == [(True, 0, "interview, 15-Apr-2026")]


def test_a_ruling_settles_what_was_told_by_its_day_and_nothing_after_it():
    ruled = said(False, 700, "prescriber", settles=True)
    assert carried(LETTER, ruled, said(False)) == []
    later = said(True, 500, "another letter")
    assert carried(LETTER, ruled, later, said(False)) == [(True, 0, "another letter, 01-Mar-2025")]
    again = said(False, 400, "prescriber", settles=True)
    assert carried(LETTER, ruled, later, again, said(False)) == [], "the newest ruling counts"


def test_a_record_that_lies_ahead_undoes_nothing():
    assert carried(LETTER, said(False, -1)) == []


def test_of_several_denials_it_is_as_new_as_the_newest():
    assert carried(LETTER, said(False, 3), said(False, 10, "referrer")) == [(True, 3, "letter, 05-May-2024")]
    assert carried(LETTER, said(False, 10, "referrer"), said(False, 3)) == [(True, 3, "letter, 05-May-2024")]


def test_of_several_findings_of_one_source_the_last_word_is_carried():
    assert carried(said(True, 60), said("large", 30), said(False)) == [("large", 0, "interview, 14-Jun-2026")]


def test_a_last_event_told_earlier_than_before_is_a_no_to_the_later_one():
    stroke, older = ON - timedelta(days=20), ON - timedelta(days=2000)
    assert carried(said(stroke, 5), said(older)) == [(stroke, 0, "interview, 09-Jul-2026")]
    assert carried(said(older, 5), said(stroke)) == [], "a later event is news, and no denial"
    assert carried(said(stroke, 5), said(stroke, 0, "letter")) == []
    assert carried(said(older, 9), said(stroke, 5), said(False)) == [(stroke, 0, "interview, 09-Jul-2026")]
    assert carried(said(stroke, 9), said(older, 5), said(False)) == [(stroke, 0, "interview, 05-Jul-2026")]
    same_day = (said(older), said(stroke))
    assert carried(said(stroke, 5), *same_day) == [], "the later event is told beside it"
    assert carried(said(stroke, 5), *reversed(same_day)) == []
    assert carried(said(stroke, 5), said(older), said(older - timedelta(days=1))) == [
        (stroke, 0, "interview, 09-Jul-2026")
    ], "two earlier days bear the later one out no more than one"


@pytest.mark.parametrize(("value", "is_no"), [(False, True), ("none", True), ("negative", True), ("chronic", False)])
def test_none_and_negative_are_a_no(value, is_no):
    assert rules.is_none_of_it(said(value)) is is_no
    assert bool(carried(LETTER, said(value))) is is_no


def test_what_is_neither_a_finding_nor_a_no_takes_nothing_back():
    """Of hypertension an untreated one is the finding; that it is treated now denies nothing."""
    told = [said("untreated", 30), said("treated")]
    assert unsaid(told, lambda fact: fact.value == "untreated", EVER, ON) == []


def test_a_finding_of_today_is_within_a_look_back_of_the_day():
    at = datetime(2026, 7, 14, 12, tzinfo=UTC)
    told = [
        Fact(NAME, value, None, at - timedelta(hours=hours), "interview") for value, hours in ((True, 2), (False, 1))
    ]
    assert [one.value for one in unsaid(told, is_finding, 0, at)] == [True]


def test_a_finding_without_a_day_is_taken_back_by_nobody_and_says_no_day():
    assert carried(said(True, None), said(False), days=1) == [(True, 0, "interview")]
    assert carried(said(True, None, "letter"), said(False)) == [], "it contradicts by itself, as new as any other"


def test_what_was_carried_on_once_is_not_carried_twice():
    first = unsaid([LETTER, said(False)], is_finding, EVER, ON)
    assert carried(LETTER, said(False), *first) == []


def test_within_an_hour_the_later_word_is_the_later_one_in_every_zone():
    at = datetime(2026, 7, 14, 12, tzinfo=UTC)
    yes = Fact(NAME, True, None, at - timedelta(hours=2), "letter")
    no = Fact(NAME, False, None, at - timedelta(hours=1), "interview")
    assert [one.known_at for one in unsaid([no, yes], is_finding, EVER, at, -1)] == [no.known_at]
    earlier = Fact(NAME, False, None, at - timedelta(hours=3), "interview")
    assert unsaid([earlier, yes], is_finding, EVER, at, -1) == []


def test_what_has_no_day_contradicts_what_was_told_today_and_is_relied_on_for_nothing():
    undated = said(True, None, "letter")
    with pytest.raises(FactsDisagree, match="letter, interview"):
        rules.current(Facts([undated, said(False)]), NAME, 7, ON)
    assert rules.current(Facts([undated, said(True)]), NAME, 7, ON).source == "interview"
    with pytest.raises(LookupError, match="recorded without a date"):
        rules.current(Facts([undated]), NAME, 7, ON)


# --- what stands at one moment --------------------------------------------------------------------------------------


def test_within_so_many_days_stands_what_is_not_known_to_be_older():
    records = [said(True, None, "letter"), said(True, 30, "referrer"), said(True, 31, "interview")]
    stands = as_of(Facts(records), ON).standing(NAME)
    assert {fact.source for fact in stands.within(30)} == {"letter", "referrer"}


def test_as_if_one_record_alone_had_been_made():
    known = as_of(Facts([LETTER, said(False)]), ON)
    assert known.told(NAME) is None, "they disagree"
    alone = known.with_only([LETTER])
    assert alone.told(NAME) is LETTER
    assert alone.standing(NAME).used[0].age_days == 800
    assert known.told(NAME) is None, "what was looked up before stays as it was"


def test_each_record_is_told_with_its_own_age():
    stands = as_of(Facts([LETTER, said(False, 3)]), ON).standing(NAME)
    assert [fact.age_days for fact in stands.as_used(LETTER)] == [800]
    assert [fact.age_days for fact in stands.as_used(said(False, 3))] == [3]
    assert [fact.age_days for fact in as_of(Facts([LETTER]), ON).standing(NAME).as_used(LETTER)] == [800]


def test_the_day_on_which_it_was_known():
    known = as_of(Facts([LETTER]), ON)
    assert known.day_known(LETTER) == ON - timedelta(days=800)
    assert known.day_known(said(True)) == ON
    assert known.day_known(said(True, None)) is None
    assert known.day_known(said(True, -1)) is None, "it lies ahead"


def test_what_is_told_in_this_very_moment_is_told():
    noon = datetime(2026, 7, 14, 12, tzinfo=UTC)
    told = Fact(NAME, True, None, noon, "letter")
    assert rules.current(Facts([told]), NAME, 0, noon) is told
    with pytest.raises(LookupError, match="dated in the future"):
        rules.current(Facts([Fact(NAME, True, None, noon + timedelta(minutes=1), "letter")]), NAME, 0, noon)


def test_one_moment_told_in_two_zones_falls_on_the_day_of_each_where_only_a_day_is_asked_about():
    there, here = (
        datetime(2026, 7, 13, 23, 30, tzinfo=UTC),
        datetime(2026, 7, 14, 1, 30, tzinfo=ZoneInfo("Europe/Paris")),
    )
    assert there == here
    known = as_of(Facts([Fact("a", True, None, there, "x"), Fact("b", True, None, here, "x")]), ON)
    assert [known.standing(name).used[0].age_days for name in "ab"] == [1, 0]
    told_anew = as_of(Facts([Fact("b", True, None, here, "x"), Fact("a", True, None, there, "x")]), ON)
    assert [told_anew.standing(name).used[0].age_days for name in "ab"] == [1, 0]


def test_of_a_number_that_stands_nowhere_nothing_is_told():
    known = as_of(Facts([Fact("moca", Decimal(17), None, ON, "test")]), ON)
    assert known.told("moca", 0).value == 17
    assert known.told("another") is None
