"""Answers as they are pressed and typed: each kind of fact, what is refused, and what is asked about once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.http import QueryDict

from ketacare.clinic.candidacy import forms, queries
from ketacare.clinic.candidacy.forms.days import read_day
from ketacare.clinic.tenancy.refusals import Refused

TODAY = date(2026, 7, 14)


def typed(name, **given):
    post = QueryDict(mutable=True)
    for key, value in given.items():
        post[key.replace("__", ".")] = value
    return forms.told(queries.kinds()[name], post, TODAY)


@pytest.mark.parametrize(
    ("text", "on", "to_month"),
    [
        ("2026-03-14", date(2026, 3, 14), False),
        ("14 Mar 2026", date(2026, 3, 14), False),
        ("14-mar-2026", date(2026, 3, 14), False),
        ("14. March 2026", date(2026, 3, 14), False),
        ("2026-02", date(2026, 2, 28), True),
        ("2/2024", date(2024, 2, 29), True),
        ("Feb 2026", date(2026, 2, 28), True),
        ("2026-07", TODAY, True),
    ],
)
def test_a_day_or_month_as_people_write_it(text, on, to_month):
    """A month is read as late as it may have been: the careful reading of an event."""
    read = read_day(text, TODAY)
    assert (read.on, read.to_month) == (on, to_month)


@pytest.mark.parametrize("text", ["03/04/2026", "2026-13", "2026-02-30", "last spring", "", "Foo 2026", "13/2026"])
def test_a_day_that_could_be_read_two_ways_or_not_at_all(text):
    with pytest.raises(ValueError):
        read_day(text, TODAY)


def test_yes_no_and_choices_are_kept_as_pressed():
    assert typed("active_psychosis", active_psychosis="no").answer == "no"
    assert typed("glaucoma", glaucoma="acute").answer == "acute"
    assert typed("glaucoma") is None
    with pytest.raises(Refused, match="not one of none, chronic, acute"):
        typed("glaucoma", glaucoma="perhaps")
    with pytest.raises(Refused, match="not true or false"):
        typed("active_psychosis", active_psychosis="perhaps")


@pytest.mark.parametrize("why", ["refused", "unable", "not_asked"])
def test_i14_why_it_is_missing_is_kept_as_an_answer(why):
    assert typed("cardiovascular_event_on", cardiovascular_event_on=why).answer == why


def test_numbers_carry_the_unit_of_the_field_and_no_other():
    told = typed("qtc_ms", qtc_ms__value="412 ms", qtc_ms__on="2026-07-01")
    assert (told.answer, told.typed, told.on) == ("412", "412 ms", date(2026, 7, 1))
    assert typed("episode_months", episode_months__value="7,5").answer == "7.5"
    with pytest.raises(Refused, match="'s' is not the unit of this field"):
        typed("qtc_ms", qtc_ms__value="0.412 s")
    with pytest.raises(Refused, match="is not a number"):
        typed("qtc_ms", qtc_ms__value="normal")
    with pytest.raises(Refused, match="impossible"):
        typed("qtc_ms", qtc_ms__value="41")


def test_an_unlikely_number_is_asked_about_once():
    with pytest.raises(Refused) as asked:
        typed("qtc_ms", qtc_ms__value="560")
    (question,) = asked.value.refusals
    assert question.kind == "unlikely"
    said = {"confirm": "qtc_ms", "qtc_ms_asked": question.asked}
    assert typed("qtc_ms", qtc_ms__value="560", **said).answer == "560"
    for other in ({"qtc_ms__value": "580", **said}, {"qtc_ms__value": "560", "confirm": "qtc_ms"}):
        with pytest.raises(Refused, match="rarely seen"):
            typed("qtc_ms", **other)


def test_a_liver_value_is_held_against_its_own_upper_limit():
    """145 of 40 U/L is 3.63 times the limit: over the three times of CI-55."""
    told = typed("alt_times_uln", alt_times_uln__value="145", alt_times_uln__uln="40")
    assert (told.answer, told.typed) == ("3.625", "145, upper limit 40")
    with pytest.raises(Refused, match="both needed"):
        typed("alt_times_uln", alt_times_uln__value="145")
    with pytest.raises(Refused, match="below zero"):
        typed("alt_times_uln", alt_times_uln__value="145", alt_times_uln__uln="0")


def test_the_day_of_an_event_or_never():
    told = typed("cardiovascular_event_on", cardiovascular_event_on__value="Mar 2026")
    assert (told.answer, told.to_month) == ("2026-03-31", True)
    assert typed("cardiovascular_event_on", cardiovascular_event_on="no").answer == "no"
    with pytest.raises(Refused, match="still to come"):
        typed("cardiovascular_event_on", cardiovascular_event_on__value="2026-07-15")
    with pytest.raises(Refused, match="both Mar 2026 and another answer"):
        typed("cardiovascular_event_on", cardiovascular_event_on__value="Mar 2026", cardiovascular_event_on="no")
    with pytest.raises(Refused, match="can be read one way"):
        typed("cardiovascular_event_on", cardiovascular_event_on__value="03/04/2026")
    with pytest.raises(Refused, match="a month alone does not say enough"):
        typed("safety_plan_on", safety_plan_on__value="Mar 2026")


@pytest.mark.parametrize(
    ("text", "words"), [("soon", "read one way"), ("2026-08-01", "to come"), ("Mar 2026", "the day")]
)
def test_the_day_a_test_was_taken(text, words):
    with pytest.raises(Refused, match=words):
        typed("qtc_ms", qtc_ms__value="412", qtc_ms__on=text)


def test_every_fault_of_a_form_is_told_at_once():
    post = QueryDict("qtc_ms.value=9&glaucoma=perhaps&active_psychosis=no")
    with pytest.raises(Refused) as refused:
        forms.told_in(post, queries.kinds(), TODAY)
    assert {fault.field for fault in refused.value.refusals} == {"qtc_ms", "glaucoma"}


@pytest.mark.parametrize(("post", "words"), [("", "Who says so"), ("source=patient&told_on=soon", "not a day"),
                                             ("source=patient&told_on=2027-01-01", "still to come")])  # fmt: skip
def test_who_said_it_and_when(post, words):
    with pytest.raises(Refused, match=words):
        forms.told_by(QueryDict(post), TODAY)
    assert forms.told_by(QueryDict("source=record&told_on=3 Jul 2026"), TODAY) == ("record", date(2026, 7, 3))
    assert forms.told_by(QueryDict("source=patient"), TODAY) == ("patient", None)


def test_every_kind_of_fact_reads_back_what_it_wrote():
    """The text that is kept is the value that the criteria read; the vocabulary holds no kind that the form lacks."""
    sample = {"yes or no": "no", "date or no": "2026-03-14", "hours or no": "4"}
    for kind in queries.kinds().values():
        answer = kind.choices[0] if kind.kind == "choice" else sample.get(kind.kind)
        answer = str(kind.range.values[1]) if answer is None else answer
        most = kind.range and kind.range.values[1]
        assert queries.value_of(kind, answer) in (False, date(2026, 3, 14), Decimal(4), answer, most)
        assert queries.in_words(kind, answer)
    assert queries.in_words(queries.kinds()["qtc_ms"], "412.50") == "412.5 ms"
    assert queries.in_words(queries.kinds()["stroke_or_tia_on"], "2026-03-31", to_month=True) == "Mar-2026"
    assert queries.in_words(queries.kinds()["stroke_or_tia_on"], "unable") == "Could not say"
