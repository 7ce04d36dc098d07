"""The page of predictions beside observations: every row is there, and what is missed is said."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from ketacare.medicine.pharmacology import comparison
from ketacare.medicine.pharmacology.bands import Held
from ketacare.web.handbook import drawing, kinetics, markdown

PAGES = dict(kinetics.pages())
PAGE = PAGES[f"clinical/{kinetics.FILE}"]


def test_every_observed_value_has_its_line():
    for row in comparison.compared():
        assert f"| {' | '.join(map(markdown.cell, kinetics.line(row)[:5]))} |" in PAGE


def test_the_reservations_stand_before_the_first_study():
    distrust = [row["words"] for row in comparison.sheet().body["distrust"]]
    assert all(0 < PAGE.index(words) < PAGE.index("## A1") for words in distrust)


@pytest.mark.parametrize(("held", "words"), [(100, "wider than"), (90, "met"), (50, "too narrow")])
def test_a_band_that_holds_too_much_or_too_little_is_said(held, words):
    assert words in kinetics.banded(Held(held, 100))


def test_the_percentile_that_another_program_has_otherwise_is_named():
    assert "23 of 24 percentiles within 3 % (missed: norketamine 95th percentile at 80 min)" in PAGE


def test_every_study_has_a_figure_that_is_well_formed_and_shows_each_value():
    namespace = "{http://www.w3.org/2000/svg}"
    for study in kinetics.studies():
        root = ElementTree.fromstring(PAGES[f"pictures/{kinetics.picture_of(study)}"])
        assert len(root.findall(f".//{namespace}circle")) == len(kinetics.rows_of(study))
        assert f"({'../pictures/' + kinetics.picture_of(study)})" in PAGE


def test_a_value_off_the_scale_is_drawn_at_its_edge():
    inside, outside = (drawing.ratios("t", [("a", ratio, False)], None) for ratio in (3.0, 30.0))
    assert inside == outside
