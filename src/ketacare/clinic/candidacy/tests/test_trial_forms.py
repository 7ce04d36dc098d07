"""Trials and courses as they are typed: units understood, contradictions refused, the unlikely asked about once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.utils.datastructures import MultiValueDict

from ketacare.clinic.candidacy import forms
from ketacare.clinic.candidacy.models import TreatmentCourse, TrialEntry
from ketacare.clinic.tenancy.refusals import Refused

TODAY = date(2026, 7, 14)


def posted(**fields):
    return MultiValueDict({name: value if isinstance(value, list) else [value] for name, value in fields.items()})


def told(listed=(), **fields):
    return forms.trial_told(posted(**({"medicine": "sertraline"} | fields)), TODAY, listed)


def refused(**fields):
    with pytest.raises(Refused) as fault:
        told(**fields)
    return {refusal.field: refusal for refusal in fault.value.refusals}


@pytest.mark.parametrize(
    ("typed", "mg"),
    [
        ("150", "150"),
        ("150 mg", "150"),
        ("0,15 g", "150"),
        ("37.5", "37.5"),
        ("150 mg/day", "150"),
        ("?", None),
        ("", None),
    ],
)
def test_a_dose_is_read_in_milligrams_a_day(typed, mg):
    assert told(dose_mg=typed, weeks="8")["dose_mg"] == (None if mg is None else Decimal(mg))


def test_micrograms_and_combinations_are_understood():
    assert told(medicine="liothyronine", dose_mg="25 mcg", weeks="4")["dose_mg"] == Decimal("0.025")
    assert told(medicine="Symbyax", dose_mg="6/25", weeks="8")["dose_mg"] == 6


@pytest.mark.parametrize(
    ("typed", "days"),
    [("8", 56), ("5.5", 38), ("40 days", 40), ("3 months", 91), ("1 year", 365), ("2 wk", 14), ("", None), ("?", None)],
)
def test_a_duration_is_read_in_weeks_unless_said(typed, days):
    assert told(dose_mg="50", weeks=typed)["days"] == days


def test_several_doses_and_a_gap_are_kept_in_order():
    read = told(dose_mg=["50", "0", "150", ""], weeks=["8", "1", "6", ""])
    assert (read["dose_mg"], read["days"]) == (150, 42)
    assert read["steps"] == [{"dose_mg": "50", "days": 56}, {"taken": False, "days": 7}, {"dose_mg": "150", "days": 42}]
    assert told(dose_mg=["50", ""], weeks=["8", ""])["steps"] == []
    open_one = told(dose_mg=["50", "?"], weeks=["8", "4"])
    assert open_one["steps"] == [{"dose_mg": "50", "days": 56}, {"days": 28}] or open_one["steps"][1]["days"] == 28


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"medicine": " "}, "medicine", "the name is empty"),
        ({"dose_mg": "50 ml", "weeks": "8"}, "dose_mg", "'50 ml' is not a dose"),
        ({"dose_mg": "900000", "weeks": "8"}, "dose_mg", "cannot be"),
        ({"dose_mg": "0.01 mcg", "weeks": "8"}, "dose_mg", "cannot be"),
        ({"better_percent": "25.55555"}, "better_percent", "cannot be"),
        ({"dose_mg": "-5", "weeks": "8"}, "dose_mg", "is not a dose"),
        ({"dose_mg": "0", "weeks": "8"}, "dose_mg", "only days without it"),
        ({"dose_mg": "50", "weeks": "eight"}, "weeks", "'eight' is not a duration"),
        ({"dose_mg": "50", "weeks": "0"}, "weeks", "0 cannot be"),
        ({"dose_mg": "50", "weeks": "90 years"}, "weeks", "cannot be"),
        ({"began": "04/05/2026"}, "began", "not a day that can be read one way"),
        ({"began": "2026-01-01", "ended": "2026-02-01", "weeks": "30", "dose_mg": "50"}, "weeks", "do not fit between"),
        ({"effect": "response", "better_percent": "20"}, "effect", "half better or more, but 20 % better"),
        ({"better_percent": "120"}, "better_percent", "cannot be"),
        ({"adherence": "good", "adherence_percent": "60"}, "adherence", "at least 80 % of days, but 60 %"),
        ({"adherence": "often"}, "adherence", "nothing is chosen that this question allows"),
        ({"gap_days": "3.5"}, "gap_days", "3.5 is not a whole number"),
        ({"started_with": "Zoloft"}, "started_with", "names the medicine itself"),
        ({"weeks_alone": "long"}, "weeks_alone", "Weeks alone: 'long' is not a duration"),
        ({"reduced_ceiling": "x"}, "reduced_ceiling", "Reduced ceiling: 'x' is not a dose"),
        ({"reduced_ceiling": "1"}, "reduced_for", "its reason is missing"),
        ({"level": "90"}, "level_unit", "the unit is missing"),
        ({"medicine": "lithium", "level": "0.7", "level_unit": "ng/mL"}, "level_unit", "is measured in mmol/L"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(fields, field, words):
    found = refused(**fields)
    assert words in found[field].rule
    assert found[field].remedy


def test_everything_that_is_wrong_is_told_at_once():
    assert refused(dose_mg="x", weeks="y", better_percent="z").keys() == {"dose_mg", "weeks", "better_percent"}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"dose_mg": "401"}, "more than twice the largest dose (200 mg)"),
        ({"dose_mg": "100 mcg"}, "hardly anything"),
        ({"medicine": "paroxetine", "form": "CR", "dose_mg": "126"}, "more than twice the largest dose (62.5 mg)"),
    ],
)
def test_an_unlikely_dose_is_asked_about_once(fields, words):
    asked = refused(weeks="8", **fields)["dose_mg"]
    assert (asked.kind, words in asked.rule) == ("unlikely", True)
    said = {"confirm": "dose_mg", "dose_mg_asked": asked.asked}
    assert told(weeks="8", **said, **fields)["dose_mg"] is not None
    assert refused(weeks="8", **said, **fields | {"dose_mg": "4010"})["dose_mg"].kind == "unlikely"
    assert refused(weeks="8", confirm="dose_mg", **fields)["dose_mg"].kind == "unlikely"
    assert told(dose_mg="400", weeks="8")["dose_mg"] == 400, "twice the largest is still believed"


def test_a_dose_of_inpatients_and_an_unknown_medicine_are_not_asked_about():
    assert told(medicine="trazodone", dose_mg="600", weeks="8")["dose_mg"] == 600
    assert told(medicine="the blue one", dose_mg="5000", weeks="8")["dose_mg"] == 5000


# --- dates ---


def test_days_between_two_dates_are_the_duration_where_none_is_given():
    read = told(dose_mg="50", began="2026-01-01", ended="2026-03-01")
    assert (read["days"], read["began_on"], read["ended_on"]) == (60, date(2026, 1, 1), date(2026, 3, 1))
    assert told(dose_mg="50", weeks="6", began="2026-01-01", ended="2026-03-01")["days"] == 42


def test_a_month_alone_is_read_with_care():
    read = told(dose_mg="50", began="Jan 2026", ended="Apr 2026")
    assert (read["began_on"], read["ended_on"]) == (date(2026, 1, 31), date(2026, 4, 1))
    assert (read["began_to_month"], read["ended_to_month"], read["days"]) == (True, True, 61)
    short = told(dose_mg="50", began="Jan 2026", ended="Feb 2026")
    assert short["days"] is None, "between one day and two months: ask"
    same = told(dose_mg="50", began="Jan 2026", ended="Jan 2026", weeks="3")
    assert (same["began_on"], same["ended_on"], same["days"]) == (date(2026, 1, 31), date(2026, 1, 31), 21)


# --- one molecule twice ---


def entry(**columns):
    given = {"medicine": "Zoloft", "dose_mg": Decimal(50), "days": 56, "in_current_episode": None}
    return TrialEntry(**(given | columns))


@pytest.mark.parametrize(
    ("earlier", "fields", "asks"),
    [
        ({}, {"dose_mg": "50", "weeks": "8"}, True),
        ({}, {"dose_mg": "100", "weeks": "8"}, False),
        ({"medicine": "escitalopram"}, {"dose_mg": "50", "weeks": "8"}, False),
        (
            {"medicine": "citalopram"},
            {"medicine": "Lexapro", "dose_mg": "50", "weeks": "8"}
            | {"confirm": "dose_mg", "dose_mg_asked": "50|Lexapro|"},
            True,
        ),
        ({"began_on": date(2026, 1, 1), "ended_on": date(2026, 3, 1)}, {"began": "2026-02-01", "dose_mg": "99"}, True),
        ({"began_on": date(2026, 1, 1), "ended_on": date(2026, 3, 1)}, {"began": "2026-04-01", "dose_mg": "50"}, False),
        ({"began_on": date(2026, 1, 1)}, {"began": "2026-04-01", "dose_mg": "50"}, True),
        ({"medicine": "the blue one"}, {"medicine": "The Blue One", "dose_mg": "50", "weeks": "8"}, True),
    ],
)
def test_one_molecule_at_the_same_time_is_asked_about_once(earlier, fields, asks):
    if not asks:
        assert told([entry(**earlier)], **fields)
        return
    with pytest.raises(Refused) as fault:
        told([entry(**earlier)], **fields)
    (asked,) = fault.value.refusals
    assert (asked.field, asked.kind) == ("medicine", "unlikely")
    confirmed = {"confirm": ["medicine", "dose_mg"], "medicine_asked": asked.asked}
    assert told([entry(**earlier)], **(fields | confirmed))


# --- as it was written ---


def test_what_was_written_comes_back_as_it_would_be_typed():
    fields = {
        "medicine": "lithium",
        "form": "ER",
        "dose_mg": ["600", "0", "900", "?"],
        "weeks": ["3", "4 days", "10", "40 days"],
        "began": "2025-03",
        "ended": "2025-09-30",
        "stopped": "cost",
        "adherence": "unknown",
        "adherence_percent": "85",
        "adherence_evidence": "refills",
        "effect": "unknown",
        "better_percent": "-10.5",
        "episode": "no",
        "started_with": "Bupropion, mirtazapine",
        "weeks_alone": "6",
        "gap_days": "9",
        "days_since_gap": "50",
        "level": "0.75",
        "level_unit": "mmol/L",
        "reduced_for": "kidney",
        "reduced_ceiling": "300",
        "source": "pharmacy",
    }
    read = told(**fields)
    assert (read["adherence"], read["effect"], read["in_current_episode"]) == ("good", "none", False)
    assert (read["started_with"], read["days_alone"], read["gap_days"]) == (["Bupropion", "mirtazapine"], 42, 9)
    typed = forms.trial_as_typed(TrialEntry(**read))
    assert forms.trial_told(MultiValueDict(typed), TODAY) == read


def test_a_reason_told_before_there_were_reasons_is_kept():
    assert forms.trial_as_typed(entry(stopped_for_side_effects=True))["stopped"] == ["side_effects"]


# --- courses ---


def course(**fields):
    return forms.course_told(posted(**({"kind": "ECT"} | fields)), TODAY)


def test_a_course_is_read_and_comes_back_as_typed():
    fields = {"sessions": "12", "course_weeks": "4", "side": "bilateral", "response": "not", "course_episode": "yes"}
    read = course(**fields)
    assert (read["sessions"], read["weeks"], read["in_current_episode"]) == (12, 4, True)
    again = forms.course_as_typed(TreatmentCourse(**read))
    assert forms.course_told(posted(**{k: str(v) for k, v in again.items()}), TODAY) == read
    assert course()["weeks"] is None


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"kind": ""}, "kind"),
        ({"kind": "massage"}, "kind"),
        ({"sessions": "many"}, "sessions"),
        ({"course_weeks": "long"}, "course_weeks"),
        ({"kind": "rTMS", "side": "bilateral"}, "side"),
        ({"by_manual": "yes"}, "by_manual"),
    ],
)
def test_a_course_that_cannot_be_is_refused(fields, field):
    with pytest.raises(Refused) as fault:
        course(**fields)
    assert field in {refusal.field for refusal in fault.value.refusals}
