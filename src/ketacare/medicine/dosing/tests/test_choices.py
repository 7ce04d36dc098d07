"""Regimens as the kinetics follow them, the lines they pass, and every dose of every sheet."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ketacare.medicine.dosing.rules.choices import (
    NO_MODEL,
    WAYS,
    NoSuchRegimen,
    choice,
    doses,
    drug_of,
    lines_passed,
    of_protocol,
    presets,
    way_of,
)
from ketacare.medicine.pharmacology.terms import Drug
from ketacare.medicine.protocols import reader
from ketacare.medicine.quantities.terms import Weight

SEVENTY = Weight.of(70)


def made(way="ketamine-iv", amount="0.5", unit="mg/kg", minutes="40"):
    return choice(way, Decimal(amount), unit, None if minutes is None else Decimal(minutes))


def test_an_infusion_by_weight():
    one = made()
    assert (one.words, str(one.mass(SEVENTY))) == ("0.5 mg/kg over 40 min", "35 mg")
    (dose,) = doses(one, SEVENTY)
    assert (dose.drug, dose.route, dose.start_min, dose.dose_mg, dose.duration_min) == ("ketamine", "iv", 0, 35, 40)


def test_each_device_is_a_dose_of_its_own_five_minutes_after_the_last():
    for one in (made("esketamine-in", "3", "devices"), made("esketamine-in", "84", "mg")):
        assert str(one.mass(SEVENTY)) == "84 mg"
        assert [(dose.start_min, dose.dose_mg, dose.product) for dose in doses(one, SEVENTY)] == [
            (0, 28, "spravato"), (5, 28, "spravato"), (10, 28, "spravato"),
        ]  # fmt: skip
    assert made("esketamine-in", "1", "devices").words == "1 device"


def test_what_is_given_at_once_has_no_minutes():
    one = made("ketamine-po", "50", "mg", "5")
    assert (one.words, one.minutes, doses(one, SEVENTY)[0].duration_min) == ("50 mg", None, 0)


@pytest.mark.parametrize(
    ("asked", "field", "words"),
    [
        ({"way": "ketamine-sc"}, "way", "is not known"),
        ({"unit": "mL"}, "unit", "is given in mg/kg or mg, not mL"),
        ({"unit": ""}, "unit", "not nothing"),
        ({"way": "ketamine-im", "unit": "devices"}, "unit", "not devices"),
        ({"amount": "0"}, "amount", "must be above zero"),
        ({"amount": "20.1"}, "amount", "Dose: 20.1 mg/kg is more than 20. Check the number and its unit."),
        (
            {"amount": "7001", "unit": "mg"},
            "amount",
            "Dose: 7,001 mg is more than 7,000. Check the number and its unit.",
        ),
        (
            {"way": "esketamine-in", "amount": "251", "unit": "devices"},
            "amount",
            "Dose: 251 devices is more than 250. Check the number and its unit.",
        ),
        ({"minutes": "1441"}, "minutes", "Over: 1,441 min is more than 1,440. Check the minutes."),
        ({"amount": "-1"}, "amount", "must be above zero"),
        ({"minutes": None}, "minutes", "an infusion has minutes"),
        ({"minutes": "0"}, "minutes", "an infusion has minutes"),
        ({"way": "esketamine-in", "unit": "mg", "amount": "50"}, "amount", "whole devices of 28 mg"),
        ({"way": "esketamine-in", "unit": "devices", "amount": "1.5"}, "amount", "whole devices of 28 mg"),
    ],
)
def test_what_is_no_regimen_is_refused_with_its_field(asked, field, words):
    with pytest.raises(NoSuchRegimen, match=words) as refused:
        made(**asked)
    assert refused.value.field == field


def passed(one, weight="70"):
    return [(line.words, line.refused) for line in lines_passed(one, Weight.of(weight))]


def test_lines_a_dose_passes():
    """70 kg: 50 mg is confirmed; over 1 mg/kg two people say why; over 1.5 mg/kg or 100 mg nobody may."""
    assert passed(made(amount="50", unit="mg")) == []
    assert passed(made(amount="50.1", unit="mg")) == [
        ("Above 50 mg: the prescriber confirms it when the order is written.", False)
    ]
    told = passed(made(amount="1.51", minutes="39"), "60")
    assert told[0] == ("Above the most of a single dose, 1.5 mg/kg: no order may be written for it.", True)
    assert told[-1] == ("Above 1 mg/kg in under 40 min: two people say why.", False)
    assert len(passed(made(amount="1", minutes="39"))) == 1
    assert passed(made(amount="1.01", minutes="40"))[-1] == ("Above 1 mg/kg: two people say why.", False)
    assert passed(made(amount="0.8"), "130")[0] == (
        "Above the most of a single dose, 100 mg: no order may be written for it.", True,
    )  # fmt: skip


def test_other_ways_have_lines_of_their_own():
    assert passed(made("esketamine-in", "4", "devices"))[0][0].startswith("Above the most of a single dose, 84 mg")
    assert passed(made("ketamine-sl", "301", "mg"))[0][0].startswith("Above the most of a single dose, 300 mg")
    assert passed(made("ketamine-in", "101", "mg"))[0] == (
        "Above the most of a single dose, 100 mg: no order may be written for it.", True,
    )  # fmt: skip
    assert passed(made("ketamine-in", "100", "mg")) == []


def test_every_sheet_has_a_dose_to_draw_or_says_why_not():
    found = presets()
    assert {preset.sheet_id for preset in found} == {*reader.PROTOCOLS, *reader.REGIMENS}
    told = {(one.sheet_id, one.choice.words if one.choice else one.why_not) for one in found}
    assert {
        ("p-iv-05-2w", "0.5 mg/kg over 40 min"), ("p-iv-10", "1 mg/kg over 60 min"), ("p-im-kap", "0.75 mg/kg"),
        ("p-in-rac", "50 mg over 20 min"), ("p-sl-kap", "200 mg"), ("p-po-1", "1 mg/kg"), ("p-esk-65", "1 device"),
        ("p-esk-trd", "2 devices"), ("p-sc-kads", NO_MODEL), ("p-sl-home", "100 mg"),
    } <= told  # fmt: skip
    refused = {sheet_id: words for sheet_id, words in told if sheet_id in ("p-iv-96h", "p-arket")}
    assert refused["p-iv-96h"].startswith("Research, in hospital")
    assert refused["p-iv-96h"].endswith("(P-IV-96H).")
    assert refused["p-arket"].startswith("Trials only")
    assert refused["p-arket"].endswith("(P-ARKET).")
    for one in found:
        if one.choice is not None:
            assert choice(one.choice.way.key, one.choice.amount, one.choice.unit, one.choice.minutes) == one.choice


def test_the_way_of_a_sheet():
    assert way_of("ketamine (racemic)", "IV") is WAYS[0]
    assert way_of("ketamine (racemic)", "SC") is None
    assert way_of("arketamine", "IV") is None


def test_a_protocol_by_a_way_that_no_model_knows():
    assert of_protocol(replace(reader.protocol("p-iv-05-2w"), route="SC")).why_not == NO_MODEL


def test_the_drug_of_a_sheet_is_that_of_the_kinetics():
    assert {name: drug_of(name) for name in ("ketamine (racemic)", "esketamine", "lidocaine")} == {
        "ketamine (racemic)": Drug.KETAMINE, "esketamine": Drug.ESKETAMINE, "lidocaine": None,
    }  # fmt: skip
