"""What cannot be meant, typed where a dose is planned and ordered: each refused with field, rule and remedy."""

from __future__ import annotations

import html
from decimal import Decimal

import pytest

from ketacare.clinic.dosing import forms
from ketacare.clinic.dosing.models import Kind, TimelineEntry
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.people.models import BodyMeasure
from ketacare.clinic.people.tests.factories import PASSWORD, browser, once
from ketacare.clinic.tenancy.refusals import Refusal

MEANT = {"dose": "0.5", "minutes": "40", "vial": "10", "bag": "100", "act": "sign", "password": PASSWORD}
DIGITS = "Enter digits in mg/kg."


def read(typed):
    form = forms.Reader({"dose": typed})
    return form.amount("dose", "Dose", "mg/kg"), [(one.rule, one.remedy) for one in form.refusals]


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("0.5", "0.5"), (" 40 ", "40"), (".5", "0.5"), ("5.", "5"), ("0", "0"), ("1000.25", "1000.25"),
        ("0,5", "0.5"), ("0,125", "0.125"), ("3,6", "3.6"), ("72,25", "72.25"),
    ],
)  # fmt: skip
def test_h2_a_comma_is_a_decimal_point_and_never_left_out(typed, amount):
    """0,5 is a half: read as five it would be a dose ten times too large."""
    assert read(typed) == (Decimal(amount), [])


@pytest.mark.parametrize("typed", ["1,500", "12,345", "1,000.5", "1,2,3", "1,0000"])
def test_h2_what_can_be_read_in_two_ways_is_asked_for_anew(typed):
    asked = (f"Dose: {typed} can be read in two ways.", "Write it with a point or none, in mg/kg.")
    assert read(typed) == (None, [asked])


@pytest.mark.parametrize(
    "typed",
    ["-0.5", "-0", "+1", "NaN", "Infinity", "half", "0.5 mg", "0.5mg/kg", "1e1", "1_0", "0.5.1", ".", "٣", "1" * 10],
)
def test_h2_what_is_no_plain_number_is_refused_with_its_unit(typed):
    assert read(typed) == (None, [(f"Dose: {typed} is not a number.", DIGITS)])


def test_an_amount_that_must_be_there_is_asked_for_once():
    form = forms.Reader({"zero": "0.00", "words": "ten"})
    assert [form.positive(name, "Dose", "mg") for name in ("zero", "words", "nothing")] == [1, 1, 1]
    assert form.refusals == [
        Refusal("zero", "Dose is zero.", "Enter more than zero, in mg."),
        Refusal("words", "Dose: ten is not a number.", "Enter digits in mg."),
        Refusal("nothing", "Dose is empty.", "Enter it in mg."),
    ]


@pytest.fixture
def day(monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(5))
    return f.a_day()


def beside(page, field):
    """What is told at the field itself, with its mark."""
    part = page.split(f'id="e-{field}-1"')[1].split("</p>")[0] if f'id="e-{field}-1"' in page else ""
    return html.unescape(part)


@pytest.mark.django_db
def test_h2_the_order_refuses_what_cannot_be_meant_beside_its_field(day):
    prescriber, address = browser(day.prescriber), f"/sessions/{day.visit.pk}/order/"
    for wrong, field, words in (
        ({"dose": ""}, "dose", "Dose is empty.</strong> Enter it in mg/kg."),
        ({"dose": "0"}, "dose", "Dose is zero. Enter more than zero, in mg/kg."),
        ({"dose": "-0.5"}, "dose", "Dose: -0.5 is not a number. Enter digits in mg/kg."),
        ({"dose": "NaN"}, "dose", "Dose: NaN is not a number. Enter digits in mg/kg."),
        ({"dose": "0.5 mg"}, "dose", "Dose: 0.5 mg is not a number. Enter digits in mg/kg."),
        ({"dose": "0.2 mg/lb"}, "dose", "Dose: 0.2 mg/lb is not a number. Enter digits in mg/kg."),
        ({"minutes": "0"}, "minutes", "Time is zero. Enter more than zero, in min."),
        ({"minutes": "-40"}, "minutes", "Time: -40 is not a number. Enter digits in min."),
    ):
        answer = prescriber.post(address, once(**MEANT | wrong))
        assert answer.status_code == 422
        assert words.replace("</strong>", "") in beside(answer.content.decode(), field), wrong
    for wrong, words in (
        ({"vial": "0"}, "Vial is zero. Enter more than zero, in mg/mL."),
        (
            {"vial": "20"},
            "Vial: 20 mg/mL is not a strength of this protocol. Choose one of 10 mg/mL, 50 mg/mL, 100 mg/mL.",
        ),
        ({"bag": "99"}, "99 mL is not a volume of this protocol. Choose one of the list."),
        ({"rests_on": "lean"}, "Lean weight is not offered. Choose one of the list."),
    ):
        answer = prescriber.post(address, once(**MEANT | wrong))
        assert answer.status_code == 422
        told = html.unescape(answer.content.decode()).replace("</a>", "").replace('<a href="#f-vial">', "")
        assert words in told, wrong
    assert not TimelineEntry.objects.filter(visit=day.visit, kind=Kind.ORDER).exists()


@pytest.mark.django_db
def test_h2_a_hold_without_its_reason_says_which_field_is_empty_why_and_what_to_do(day):
    """1.2 mg/kg in 30 min of 80 kg: three lines, three reasons, and the prescriber's own word above 50 mg."""
    page = browser(day.prescriber).post(
        f"/sessions/{day.visit.pk}/order/", once(**MEANT | {"dose": "1.2", "minutes": "30"})
    ).content.decode()  # fmt: skip
    both = "Check mg against mg/kg; otherwise two people give the reason."
    for name, words in (
        ("plan", "The reason for H2 is empty. Dose: 1.2 mg/kg is more than 2 times the plan (0.5 mg/kg)."),
        ("fast", "The reason for H2 is empty. Dose: 1.2 mg/kg in 30 min is more than 1 mg/kg in less than 40 min."),
        ("range", "The reason for TI-5 is empty. Dose: 1.2 mg/kg in 30 min is outside the sheet"),
    ):
        assert words in beside(page, f"against-{name}")
        assert both in beside(page, f"against-{name}")
        assert f'href="#f-against-{name}"' in page
    said = "Dose: 96 mg is over 50 mg. Tick that you mean this dose, or lower it."
    assert said in beside(page, "confirm_high")
    assert "Not allowed here." not in page.replace(beside(page, "confirm_high"), "")


@pytest.mark.django_db
def test_h3_what_is_no_weight_is_refused_and_pounds_are_asked_about(day):
    nurse, address, before = browser(day.nurse), f"/sessions/{day.visit.pk}/weight/", BodyMeasure.objects.count()
    for typed, words in (
        ("", "Weight is empty."),
        ("0", "Weight: 0 kg must be above zero. Check the entry."),
        ("-80", "Weight: -80 is not a weight. Write 72.5, or 160 lb."),
        ("NaN", "Weight: nan is not a weight. Write 72.5, or 160 lb."),
        ("80 stone", "Weight: 80 stone is not a weight. Write 72.5, or 160 lb."),
        ("176", "If you weighed in pounds choose lb"),
    ):
        answer = nurse.post(address, once(weight=typed))
        assert answer.status_code == 422
        assert words in beside(answer.content.decode(), "weight"), typed
    assert BodyMeasure.objects.count() == before


@pytest.mark.django_db
def test_h2_dose_planning_tells_beside_its_field_what_cannot_be_drawn(day):
    client, address = browser(day.nurse), f"/sessions/{day.visit.pk}/planning/"
    half = {"a_way": "ketamine-iv", "a_dose": "0.5", "a_unit": "mg/kg", "a_over": "40"}
    for wrong, field, words in (
        ({"a_dose": "-1"}, "a_dose", "Dose: -1 is not a number. Enter digits in mg/kg."),
        ({"a_dose": "0"}, "a_dose", "Dose: must be above zero. Enter digits."),
        ({"a_dose": "NaN"}, "a_dose", "Dose: NaN is not a number. Enter digits in mg/kg."),
        ({"a_dose": "999999999"}, "a_dose", "Dose: 999,999,999 mg/kg is more than 20. Check the number and its unit."),
        ({"a_over": "999999999"}, "a_over", "Over: 999,999,999 min is more than 1,440. Check the minutes."),
        ({"a_over": "0"}, "a_over", "Over: an infusion has minutes. Enter them."),
        (
            {"a_unit": ""},
            "a_unit",
            "Unit: racemic ketamine into a vein is given in mg/kg or mg, not nothing. Choose one.",
        ),
        ({"a_unit": "mg/lb"}, "a_unit", "is given in mg/kg or mg, not mg/lb. Choose one."),
        ({"a_way": "propofol-iv"}, "a_way", "Way: 'propofol-iv' is not known. Choose one of the list."),
    ):
        answer = client.get(address, half | wrong)
        assert answer.status_code == 422
        page = answer.content.decode()
        assert words in beside(page, field), wrong
        assert "<polygon" not in page
