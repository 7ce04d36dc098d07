"""`ketacare predict`: its fixed form, exit codes, what it refuses, and the picture."""

import io
import json
import re
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from ketacare.web import cli, clock
from ketacare.web.commands import predict

CASE = {
    "patient": {"weight_kg": 70, "height_cm": 175, "age_years": 40, "sex": "female"},
    "regimen": [
        {"drug": "ketamine", "route": "iv", "product": None, "start_min": 0, "dose_mg": 35, "duration_min": 40}
    ],
    "times_min": [0, 20, 40, 80],
    "site": "arterial",
    "band": "true",
    "population": {"n": 50, "seed": 1},
    "inhibitors": [],
    "model": None,
}
SHAPE = ["typical", "p05", "p50", "p95"]


def giving(**other):
    return CASE | {"regimen": [CASE["regimen"][0] | other]}


@pytest.fixture
def said(monkeypatch, capsys):
    """Run the command with this document as its input; answer exit code, output and errors."""

    def run(document, *arguments):
        text = document if isinstance(document, str) else json.dumps(document)
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))
        code = cli.main(["predict", "-", *arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def test_it_answers_in_the_fixed_form(said):
    code, out, _ = said(CASE)
    answer = json.loads(out)
    assert code == 0
    assert list(answer) == [
        *("model", "times_min", "ketamine_ng_per_ml", "norketamine_ng_per_ml", "summary", "warnings")
    ]
    assert list(answer["model"]) == ["id", "version", "sources", "grades"]
    assert (answer["model"]["id"], answer["model"]["grades"]["V1"]) == ("kamp-2020", "S")
    assert answer["model"]["grades"]["V1.between_people"] == "D"
    assert list(answer["ketamine_ng_per_ml"]) == list(answer["norketamine_ng_per_ml"]) == SHAPE
    assert [len(values) for values in answer["ketamine_ng_per_ml"].values()] == [4] * 4
    assert answer["ketamine_ng_per_ml"]["typical"][2] == pytest.approx(253.0518, rel=1e-6)
    assert {"cmax_ng_per_ml", "tmax_min", "auc_0_t_ng_h_per_ml"} <= answer["summary"].keys()
    assert list(answer["summary"]["cmax_ng_per_ml"]) == SHAPE
    assert answer["warnings"][0].startswith("Predicted, not measured")


def test_one_patient_is_the_typical_one(said):
    answer = json.loads(said(CASE | {"population": {"n": 1}})[1])
    assert answer["ketamine_ng_per_ml"]["typical"][2] == pytest.approx(253.0518, rel=1e-6)
    assert answer["ketamine_ng_per_ml"]["p05"] is answer["summary"]["cmax_ng_per_ml"]["p95"] is None


def test_enantiomers_effects_and_a_window_are_added_when_asked_for(said):
    asked = {"enantiomers": True, "effects": True, "below_ng_per_ml": 1}
    answer = json.loads(said(CASE | asked | {"window": {"low_ng_per_ml": 70, "high_ng_per_ml": 200}})[1])
    added = ["s_ketamine", "r_ketamine", "s_norketamine", "r_norketamine", "effect_site_s_ketamine"]
    assert [list(answer[f"{name}_ng_per_ml"]) for name in added] == [SHAPE] * 5
    assert 0.4 < answer["dissociation_index"]["typical"][2] < 0.5
    assert len(answer["probability_inside_window"]) == 4
    assert answer["summary"]["below_level_from_min"]["typical"] is None  # not below it yet


def test_what_a_model_does_not_know_is_null(said):
    answer = json.loads(said(CASE | {"model": "Domino"})[1])
    assert answer["norketamine_ng_per_ml"] == dict.fromkeys(SHAPE)
    assert answer["ketamine_ng_per_ml"]["p50"] is None


def test_two_models_are_named_together(said):
    spray = {"drug": "esketamine", "route": "in", "product": "spravato", "start_min": 90, "dose_mg": 56}
    model = json.loads(said(CASE | {"regimen": [*CASE["regimen"], spray]})[1])["model"]
    assert model["id"] == "kamp-2020+perez-ruixo-2021"
    assert {"kamp-2020.V1", "perez-ruixo-2021.FRn"} <= model["grades"].keys()


def test_json_lines_are_answered_line_by_line(said):
    code, out, _ = said("\n".join(json.dumps(CASE | {"site": site}) for site in ("arterial", "venous")))
    first, second = (json.loads(line)["ketamine_ng_per_ml"]["typical"][2] for line in out.splitlines())
    assert (code, round(first), round(second)) == (0, 253, 204)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (CASE | {"patient": {"weight_kg": -70}}, "patient.weight_kg: -70 is not a weight"),
        (CASE | {"patient": {"weight_lb": 154}}, "patient.weight_lb: not known here. Weights are in kg"),
        (CASE | {"patient": {"weight_kg": 0}}, "patient.weight_kg: 0 is not a weight. Give the weight in kg."),
        (
            CASE | {"patient": {"weight": 70}},
            "patient.weight: not known here. Its unit belongs to the name: give weight_kg",
        ),
        (
            CASE | {"patient": {"weight_kg": "154 lb"}},
            "'154 lb' is not a number. Give a plain number in kg, without its",
        ),
        (giving(dose_mg=-35), "regimen[0].dose_mg: -35 is not a dose; it must be above zero. Give mg of free base."),
        (giving(dose_mg=0), "regimen[0].dose_mg: 0 is not a dose; it must be above zero. Give mg of free base."),
        (giving(dose_mg=None, dose=35), "regimen[0].dose: not known here. Its unit belongs to the name: give dose_mg."),
        (giving(drug="propofol"), "regimen[0].drug: 'propofol' is not one of them. Choose one of ketamine, esketamine"),
        (
            CASE | {"regimen": [*CASE["regimen"], CASE["regimen"][0] | {"start_min": 20}]},
            "regimen[1].start_min: begins at 20 min while regimen[0] runs by the same route until 40. Write rate steps",
        ),
        (CASE | {"times_min": [40, 20]}, "times_min[1]: 20 does not follow 40"),
        ('{"patient": {"weight_kg": NaN}}', "weight_kg: NaN is not a number"),
        ("{", "is not JSON"),
    ],
)
def test_bad_input_is_two_and_names_field_and_rule(said, document, words):
    code, out, err = said(document)
    assert (code, out) == (2, "")
    assert words in err


def test_h3_the_weight_of_a_month_ago_is_refused_and_one_of_unknown_age_is_said(said, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 29, 12).astimezone())
    today = date(2026, 11, 29)
    refused, _, err = said(CASE | {"patient": CASE["patient"] | {"weighed_on": str(today - timedelta(days=40))}})
    assert (refused, "patient.weighed_on: 70 kg is 40 days old; no dose from a weight older than 30 days." in err) == (
        2,
        True,
    )
    fresh = said(CASE | {"patient": CASE["patient"] | {"weighed_on": str(today - timedelta(days=3))}})[1]
    assert ["weighed_on" in fresh, "patient.weighed_on: how old" in said(CASE)[1]] == [False, True]


def test_the_line_of_many_is_named(said):
    code, _, err = said(f"{json.dumps(CASE)}\n{json.dumps(CASE | {'band': 'wide'})}\n")
    assert (code, "line 2, band: 'wide' is not one of them" in err) == (2, True)


def test_it_draws_one_case(said, tmp_path):
    path = tmp_path / "out.svg"
    assert said(CASE, "--plot", str(path))[0] == 0
    assert path.read_text().startswith("<svg")
    code, _, err = said(f"{json.dumps(CASE)}\n{json.dumps(CASE)}", "--plot", str(path))
    assert (code, "--plot: draws one case" in err) == (2, True)


def test_where_nothing_can_be_written_is_a_fault_of_the_machine(said, tmp_path):
    code, _, err = said(CASE, "--plot", str(tmp_path / "nowhere" / "out.svg"))
    assert (code, "can't be written" in err) == (1, True)


def test_the_example_of_the_reference_runs(monkeypatch, capsys, tmp_path):
    given = predict.EXAMPLE.split()[2]
    assert cli.main(["predict", given, "--plot", str(tmp_path / "out.svg")]) == 0
    assert json.loads(capsys.readouterr().out)["model"]["id"] == "kamp-2020"


def test_the_example_in_python_gives_what_the_page_says():
    page = (Path(__file__).parents[4] / "docs" / "reference" / "predict.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"```python\n(.*?)```", page, re.S)
    made = {}
    exec(program, made)
    at_40 = made["case"].times_min.index(40)
    said = [made["curve"].typical[at_40], made["curve"].p05[at_40], made["curve"].p95[at_40]]
    assert [round(value) for value in said] == [204, 137, 270]
    assert [round(float(curve.typical[4])) for curve in (made["seen"].if_stopped, made["seen"].if_slowed)] == [87, 154]
    assert made["curve"].patients.shape == (1000, 25)


def test_what_the_page_says_of_its_example_is_what_the_command_answers(said):
    """The four things to read, and the table of how far models disagree, in the numbers of the page."""
    docs = Path(__file__).parents[4] / "docs" / "reference"
    page = " ".join((docs / "predict.md").read_text(encoding="utf-8").split())
    example = json.loads((docs / "examples" / "predict.json").read_text(encoding="utf-8"))
    answer = json.loads(said(example)[1])
    at_40 = answer["times_min"].index(40)
    middle, low, high = (round(answer["ketamine_ng_per_ml"][name][at_40]) for name in ("typical", "p05", "p95"))
    assert f"at 40 minutes {middle} ng/mL, and nine in ten people between {low} and {high}." in page
    peak, when = (round(answer["summary"][name]["typical"]) for name in ("cmax_ng_per_ml", "tmax_min"))
    arterial = json.loads(said(example | {"site": "arterial"})[1])
    assert f"the peak is {peak} ng/mL at {when} minutes in venous blood" in page
    assert f"arterial blood is {round(arterial['summary']['cmax_ng_per_ml']['typical'])} at the end" in page
    assert (answer["model"]["grades"]["CL"], answer["model"]["grades"]["CL.between_people"]) == ("S", "D")
    rows = re.findall(r"\| `([a-z-]+\d+)` \| (not stated|venous|arterial) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|", page)
    assert len(rows) == 6
    for model, site, *told in rows:
        asked = CASE | {"times_min": [40, 80, 110, 230], "population": {"n": 1}, "model": model}
        answer = json.loads(said(asked | {"site": None if site == "not stated" else site})[1])
        assert [round(value) for value in answer["ketamine_ng_per_ml"]["typical"]] == [int(value) for value in told]


def test_the_schema_needs_no_case(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["predict", "--schema"])
    assert ended.value.code == 0
    assert json.loads(capsys.readouterr().out)["title"] == "case of prediction"


def test_predicting_needs_no_django():
    program = "import sys; from ketacare.web.commands import predict; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": "src"}, check=False).returncode == 0
