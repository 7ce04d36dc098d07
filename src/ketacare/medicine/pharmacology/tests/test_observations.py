"""Observations from JSON: units into ng/mL, limits, and every way in which one is refused, all at once."""

import pytest

from ketacare.medicine.pharmacology import cases, observations
from ketacare.medicine.pharmacology.individual import Sample, Score
from ketacare.medicine.pharmacology.terms import PredictionRefused, Site

CASE = {
    "patient": {"weight_kg": 70},
    "regimen": [{"drug": "ketamine", "route": "iv", "start_min": 0, "dose_mg": 35, "duration_min": 40}],
    "times_min": [40],
}
SAMPLE = {"time_min": 40, "analyte": "ketamine", "value": 200, "unit": "ng/mL", "site": "venous", "arm": "other"}
SCORE = {"time_min": 40, "effect": "cadss", "value": 20}


def read(*rows):
    return observations.case_from_json(CASE | {"observations": list(rows)})[1]


def faults(document):
    with pytest.raises(PredictionRefused) as refused:
        observations.case_from_json(document)
    return refused.value.faults


def faults_of(**changed):
    row = {key: value for key, value in (SAMPLE | changed).items() if value is not None}
    return faults(CASE | {"observations": [row]})


def test_a_sample_and_a_score_are_read_as_they_stand():
    assert read(SAMPLE, SCORE) == (Sample(40.0, "ketamine", 200.0, Site.VENOUS), Score(40.0, "cadss", 20.0))


@pytest.mark.parametrize(
    ("analyte", "unit", "wanted"),
    [
        ("ketamine", "ng/mL", 2.0),
        ("ketamine", "nmol/mL", 475.46),
        ("s_ketamine", "umol/L", 475.46),
        ("norketamine", "umol/L", 447.40),
        ("r_norketamine", "nmol/mL", 447.40),
    ],
)
def test_molar_values_become_ng_by_the_mass_of_their_own_substance(analyte, unit, wanted):
    """2 µmol/L times 237.73 or 223.70 g/mol."""
    assert read(SAMPLE | {"analyte": analyte, "unit": unit, "value": 2})[0].ng_per_ml == pytest.approx(wanted)


def test_a_sample_under_its_limit_gives_the_limit_in_ng():
    row = {key: value for key, value in SAMPLE.items() if key != "value"}
    found = read(row | {"below_limit": True, "lloq": 0.01, "unit": "umol/L"})[0]
    assert (found.below, found.ng_per_ml) == (True, pytest.approx(2.3773))


def test_a_value_over_its_limit_is_a_value():
    assert read(SAMPLE | {"lloq": 1})[0] == Sample(40.0, "ketamine", 200.0, Site.VENOUS)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"arm": "infusion"}, "observations[0].arm: drawn from the arm of the infusion"),
        ({"arm": None}, "observations[0].arm: missing. Choose one of other, infusion."),
        ({"site": None}, "observations[0].site: missing. Choose one of arterial, venous."),
        ({"unit": None}, "observations[0].unit: missing. Choose one of ng/mL, nmol/mL, umol/L."),
        ({"unit": "mg/L"}, "observations[0].unit: 'mg/L' is not one of them"),
        ({"analyte": "esketamine"}, "observations[0].analyte: 'esketamine' is not one of them"),
        ({"value": None}, "observations[0].value: missing"),
        ({"value": "200"}, "observations[0].value: '200' is not a number"),
        ({"value": 0}, "observations[0].value: 0 is not a concentration above zero"),
        ({"value": -3}, "observations[0].value: -3 is not a concentration above zero"),
        ({"value": float("inf")}, "observations[0].value: inf is not a concentration above zero"),
        ({"value": float("nan")}, "observations[0].value: nan is not a concentration above zero"),
        ({"value": 1, "lloq": 2}, "observations[0].value: 1 is under the limit 2. Write below_limit"),
        ({"below_limit": True, "lloq": 2}, "observations[0].value: given although the sample is below its limit"),
        ({"below_limit": True, "value": None}, "observations[0].lloq: missing"),
        ({"below_limit": "yes"}, "below_limit: 'yes' is not true or false"),
        ({"time_min": None}, "observations[0].time_min: missing"),
        ({"time_min": -5}, "observations[0].time_min: -5 is not a minute from the beginning on"),
        ({"time_min": float("nan")}, "observations[0].time_min: nan is not a minute from the beginning on"),
        ({"dose": 3}, "observations[0].dose: not known here"),
    ],
)
def test_what_cannot_be_used_is_refused_by_field_rule_and_remedy(changed, words):
    assert any(fault.startswith(words) for fault in faults_of(**changed)), faults_of(**changed)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"effect": "mood"}, "observations[0].effect: 'mood' is not one of them. Choose one of cadss, drug_high."),
        ({"value": 93}, "observations[0].value: 93 is not between 0 and 92, the ends of cadss"),
        ({"value": -1}, "observations[0].value: -1 is not between 0 and 92"),
        ({"value": None}, "observations[0].value: missing"),
        ({"unit": "points"}, "observations[0].unit: not known here"),
    ],
)
def test_a_score_outside_its_scale_is_refused(changed, words):
    assert any(fault.startswith(words) for fault in faults(CASE | {"observations": [SCORE | changed]}))


@pytest.mark.parametrize("value", [0, 92])
def test_the_ends_of_a_scale_are_scores(value):
    assert read(SCORE | {"value": value})[0].value == value


def test_what_lies_on_a_line_counts():
    """A value equal to its limit is a value, and the first minute has a first half."""
    assert read(SAMPLE | {"lloq": 200})[0] == Sample(40.0, "ketamine", 200.0, Site.VENOUS)
    assert read(SAMPLE | {"time_min": 0.5})[0].time_min == 0.5


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (
            SCORE | {"value": 93},
            "observations[0].value: 93 is not between 0 and 92, the ends of cadss. Correct the score.",
        ),
        (SCORE | {"time_min": None}, "observations[0].time_min: missing. Give a number in min."),
        (SAMPLE | {"lloq": "2"}, "observations[0].lloq: '2' is not a number. Give a plain number, without its unit."),
        (
            SAMPLE | {"arm": "infusion"},
            "observations[0].arm: drawn from the arm of the infusion, where what is measured is the infusion. Leave it "
            "out; draw from the other arm.",
        ),
    ],
)
def test_a_fault_in_its_whole_words(row, words):
    assert faults(CASE | {"observations": [row]}) == (words,)


def test_faults_of_the_case_and_of_its_observations_are_told_at_once():
    found = faults({"patient": {}, "observations": [SAMPLE | {"arm": "infusion"}]})
    assert isinstance(found, tuple)
    assert any(fault.startswith("patient.weight_kg") for fault in found)
    assert any(fault.startswith("observations[0].arm") for fault in found)


def test_observations_that_are_missing_or_no_list_or_no_object_are_refused():
    assert faults(CASE) == ("observations: missing. Give a list.",)
    nothing = "observations: empty. Give at least one measurement or score; without any it is a prediction."
    assert faults(CASE | {"observations": []}) == (nothing,)
    assert any(fault.startswith("observations[0]: must be an object") for fault in faults(CASE | {"observations": [3]}))
    assert faults([CASE])[0].startswith("case: must be an object")


def test_the_schema_is_the_form_that_is_read():
    minute, amount = {"type": "number", "minimum": 0}, {"type": "number", "exclusiveMinimum": 0}
    sample = {
        "time_min": minute,
        "analyte": {"enum": list(observations.ANALYTES)},
        "value": amount,
        "unit": {"enum": ["ng/mL", "nmol/mL", "umol/L"]},
        "site": {"enum": ["arterial", "venous"]},
        "arm": {"enum": ["other", "infusion"]},
        "below_limit": {"type": "boolean"},
        "lloq": amount,
    }
    titles = {"cadss": "dissociation, total of the CADSS", "drug_high": "drug high, visual analogue scale"}
    score = {
        "time_min": minute,
        "effect": {"enum": ["cadss", "drug_high"], "known": titles},
        "value": {"type": "number"},
    }
    row = {"type": "object", "additionalProperties": False}
    forms = [
        row | {"properties": sample, "required": ["time_min", "analyte", "unit", "site", "arm"]},
        row | {"properties": score, "required": ["time_min", "effect", "value"]},
    ]
    schema, plain = observations.schema(), cases.case_schema()
    assert schema["properties"]["observations"] == {"type": "array", "minItems": 1, "items": {"anyOf": forms}}
    assert schema["properties"].keys() - plain["properties"].keys() == {"observations"}
    assert schema["required"] == [*plain["required"], "observations"]
    assert schema["title"] == "case with observations"
    assert schema["$schema"] == plain["$schema"]
