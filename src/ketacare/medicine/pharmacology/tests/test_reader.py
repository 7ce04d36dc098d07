"""Sheets that cannot be used are refused with what they lack; those that ship say everything."""

from pathlib import Path

import pytest

from ketacare.medicine.evidence.reader import SheetRefused, sheet_from, table_in
from ketacare.medicine.evidence.terms import Grade
from ketacare.medicine.pharmacology import reader
from ketacare.medicine.pharmacology.terms import Drug, Spread

KNOWLEDGE = Path(reader.__file__).parent / "knowledge"


def changed(name, *pairs):
    text = (KNOWLEDGE / f"{name}.toml").read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return sheet_from(table_in(text, name), name)


def test_every_shipped_parameter_has_a_figure_with_its_source_and_grade():
    for model in reader.models():
        for parameter in model.parameters:
            assert parameter.typical > 0
            assert parameter.figures["typical"].sources
            assert (parameter.omega is None) == (parameter.spread_grade is None)


def test_parameters_come_in_the_units_of_the_engine():
    simons = {one.name: one for one in reader.model("simons-2022").parameters}
    assert simons["CL"].typical == pytest.approx(1.48 * 60)
    assert simons["ka_mucosa"].typical == pytest.approx(2.4)
    assert simons["D_mucosa"].typical == pytest.approx(13.1 / 60)
    domino = {one.name: one for one in reader.model("domino-1982").parameters}
    assert (domino["V1"].typical, domino["V1"].weight_exponent) == (pytest.approx(4.41), 1.0)
    assert domino["V1"].omega is None


def test_what_differs_between_people_is_read_as_it_is_printed():
    nasal = {one.name: one for one in reader.model("perez-ruixo-2021").parameters}
    assert (nasal["FRn"].spread, nasal["FRn"].omega) == (Spread.LOGIT, 0.708)
    assert nasal["Vc"].omega == pytest.approx(0.2701, abs=1e-4)  # 27.5 % of a log-normal
    assert nasal["kmet"].spread_grade is Grade.D
    assert reader.model("kamp-2020").clearance_of == {Drug.ESKETAMINE: 1.07, Drug.ARKETAMINE: 0.93}


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ([("[residual]", "[residue]"), ("[built_on]", "[built]")], "built_on: the model lacks it. Add it."),
        (
            [('unit = "L/h", source = "TCI-LIBRARY"', 'unit = "gal/h", source = "TCI-LIBRARY"')],
            "constants.CL: in gal/h",
        ),
        ([('drugs = ["ketamine"', 'drugs = ["propofol"')], "'propofol' is not a valid Drug"),
    ],
)
def test_a_model_that_lacks_something_is_refused(pairs, words):
    with pytest.raises(SheetRefused, match=words.replace("[", r"\[")):
        reader.model_from(changed("kamp-2020", *pairs))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            'source = "LABEL-ESK"\ngrade = "V"\n\n[conditions.renal',
            'source = "X"\ngrade = "V"\n\n[conditions.renal',
            "'X' is not under",
        ),
        ('title = "Allergic rhinitis', 'name = "Allergic rhinitis', "title: a condition lacks it. Add it."),
    ],
)
def test_a_condition_that_lacks_something_is_refused(old, new, words):
    with pytest.raises(SheetRefused, match=words):
        reader.conditions_from(changed("kinetic-conditions-1", (old, new)))
