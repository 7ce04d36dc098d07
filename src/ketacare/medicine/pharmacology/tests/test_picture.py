"""The picture of a prediction: well formed, within its frame, and saying what it must."""

import re
from xml.etree import ElementTree

import pytest

from ketacare.medicine.pharmacology.picture import HEIGHT, WIDTH, Dot, drawn
from ketacare.medicine.pharmacology.predictions import predict
from ketacare.medicine.pharmacology.tests.given import case, dose

GRID = range(0, 241, 10)


def picture(*doses, times=GRID, **more):
    return drawn(predict(case(*doses, times=times, **more)))


def words(svg):
    return [text.text for text in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_it_says_predicted_which_model_which_blood_and_which_band():
    said = words(picture(dose(35, 40), site="venous", patients=40))
    assert "Predicted, not measured" in said
    assert "kamp-2020 1.1.0. 70 kg. ketamine 35 mg into a vein at 0 over 40 min" in said
    assert "venous blood; band: 5th to 95th percentile of true concentrations (how people differ)" in said
    assert {"minutes from the first dose", "concentration (ng/mL)", "ketamine, median", "norketamine, median"} <= set(
        said
    )
    assert [text for text in said if text in ("0", "60", "120", "180", "240")] == ["0", "0", "60", "120", "180", "240"]


def test_a_measured_band_is_called_one_and_none_is_called_none():
    said = words(picture(dose(35, 40), patients=40, band="measured"))
    assert any("band: 5th to 95th percentile of measured values" in text for text in said)
    alone = picture(dose(35, 40), model="domino")
    assert "unstated blood; no band: only the typical course" in words(alone)
    assert "ketamine, typical" in words(alone)
    assert "polygon" not in alone
    assert "norketamine" not in alone


@pytest.mark.parametrize(
    ("doses", "times"),
    [
        ((dose(35, 40),), GRID),
        ((dose(35),), (0.5, 1)),
        ((dose(1, 600, at=200),), (1, 2, 3)),
        ((dose(84, drug="esketamine", route="in"),), range(0, 10_000, 500)),
        ((dose(10, 40), dose(10, 40, at=50), dose(10, 40, at=100)), (40,)),
    ],
)
def test_nothing_is_drawn_outside_the_frame(doses, times):
    svg = picture(*doses, times=times, patients=20)
    places = [
        (float(x), float(y))
        for points in re.findall(r'points="([^"]+)"', svg)
        for x, y in re.findall(r"([\d.-]+),([\d.-]+)", points)
    ]
    assert places
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in places)


def test_what_is_on_board_is_part_of_the_picture():
    said = picture(dose(35, 40), conditions=("rifampicin", "child_pugh_b"))
    assert "with rifampicin, child pugh b" in words(said)
    assert not any(text.startswith("with") for text in words(picture(dose(35, 40))))


def test_more_doses_than_fit_are_counted():
    said = words(picture(dose(5, 10), dose(5, 10, at=10), dose(5, 10, at=20)))
    assert any(text.endswith("; and 1 more") for text in said)


def test_a_measured_value_is_a_full_dot_one_under_its_limit_a_hollow_one_and_both_are_told():
    dots = (Dot("ketamine", 60.0, 100.0), Dot("norketamine", 120.0, 5.0, below=True))
    svg = drawn(predict(case(dose(35, 40), times=GRID, patients=20)), dots)
    fills = [one.get("fill") for one in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}circle")]
    assert len(fills) == 2
    assert fills[0] != "#fff"
    assert fills[1] == "#fff"
    assert "dots: measured (hollow: under its limit)" in words(svg)
