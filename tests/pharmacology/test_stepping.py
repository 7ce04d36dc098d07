"""The stepping itself: against values of another program, against forty digits, and against steps half as long."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.pharmacology import courses, published
from tests.pharmacology.courses import Dose
from tests.pharmacology.equations import FILM, LIVER, MAMMILLARY, MAMMILLARY_STATES
from tests.pharmacology.stepping import LONGEST_STEP, amounts_at, stepped

INFUSION = [[Dose("iv", 0, 40 / 60, 35)]]
# 70 kg, typical values, by a matrix exponential elsewhere: minute, arterial, venous ketamine, arterial norketamine.
BY_MATRIX = [
    (5, 109.3246, 19.5283, 4.3791), (10, 154.5315, 53.6231, 13.2097), (20, 198.2706, 117.3850, 34.5986),
    (30, 228.0141, 166.3733, 57.2858), (40, 253.0518, 204.3216, 80.1290), (50, 120.3383, 181.2603, 89.4582),
    (60, 95.8600, 142.9534, 90.0342), (80, 73.7360, 96.7603, 86.1503), (110, 54.3272, 64.6322, 76.6027),
    (230, 26.7390, 28.6256, 48.0901), (480, 10.1368, 10.7210, 27.1983),
]  # fmt: skip
DEVICES_MIN = [10, 20, 30, 40, 60, 120, 360, 720]
BY_DEVICES = {
    1: ([27.0986, 39.1298, 43.3929, 43.7407, 39.1644, 22.0237, 5.7883, 2.2004],
        [1.1951, 6.6876, 16.1666, 27.7656, 47.0426, 57.3103, 21.5556, 10.7772]),
    2: ([37.0867, 60.7120, 70.1895, 72.6251, 67.6058, 39.7293, 10.2075, 3.8430],
        [1.3676, 9.9903, 27.2820, 50.4169, 92.4033, 116.2087, 41.0630, 20.1703]),
    3: ([37.0867, 77.5936, 94.9231, 100.7278, 96.5673, 58.2480, 14.7094, 5.5024],
        [1.3676, 11.1487, 33.9371, 66.9355, 132.9577, 175.9011, 60.8668, 29.6430]),
}  # fmt: skip


def near(found, wanted):
    np.testing.assert_allclose(np.ravel(found), wanted, rtol=1e-6, atol=6e-5)


def hours(*minutes):
    return np.array([minutes], dtype=float) / 60


def test_an_infusion_as_a_matrix_exponential_gives_it():
    minutes, arterial, venous, norketamine = zip(*BY_MATRIX, strict=True)
    given = courses.given_mammillary(INFUSION)
    read = stepped(MAMMILLARY, published.one(published.KAMP), given, hours(*minutes))
    near(read["ketamine_arterial"], arterial)
    near(read["ketamine_venous"], venous)
    near(read["norketamine_arterial"], norketamine)


@pytest.mark.parametrize(
    ("route", "mg", "arterial"),
    [
        ("im", 35, [314.689, 213.448, 147.269, 78.729, 42.907, 22.845]),
        ("po", 25, [23.868, 24.064, 22.032, 15.812, 8.394, 3.902]),
    ],
)
def test_other_routes_as_a_matrix_exponential_gives_them(route, mg, arterial):
    given = courses.given_mammillary([[Dose(route, 0, 0, mg)]])
    read = stepped(MAMMILLARY, published.one(published.KAMP), given, hours(10, 20, 30, 60, 120, 240))
    np.testing.assert_allclose(read["ketamine_arterial"][0], arterial, atol=6e-4)


@pytest.mark.parametrize("devices", BY_DEVICES)
def test_devices_five_minutes_apart(devices):
    given = courses.given_nasal([[Dose("device", place * 5 / 60, 0, 28) for place in range(devices)]])
    read = stepped(LIVER, published.one(published.PEREZ_RUIXO), given, hours(*DEVICES_MIN))
    near(read["ketamine_venous"], BY_DEVICES[devices][0])
    near(read["norketamine_venous"], BY_DEVICES[devices][1])


def test_a_film_under_the_tongue():
    given = courses.given_film([[Dose("film", 0, 0, 50)]])
    read = stepped(FILM, published.one(published.SIMONS), given, hours(5, 10, 20, 40, 60, 120, 240, 360))
    near(read["ketamine_arterial"], [22.2020, 55.6955, 84.7218, 63.7105, 45.2759, 18.1057, 7.9919, 5.0954])
    near(read["norketamine_arterial"], [0.1271, 2.3461, 28.2585, 165.6947, 250.5761, 128.7761, 72.8412, 51.2629])


def test_an_esketamine_infusion_of_another_model():
    read = stepped(
        MAMMILLARY,
        published.one(published.OTTO),
        courses.given_mammillary([[Dose("iv", 0, 0.5, 10)]]),
        np.array([[0.25, 0.5, 1, 2, 4, 8]]),
    )
    near(read["ketamine_arterial"], [29.8712, 49.8659, 26.9788, 15.1356, 6.9700, 2.1666])
    near(read["norketamine_arterial"], [3.5600, 11.4897, 20.4624, 20.2500, 13.9152, 7.2655])


def test_one_compartment_as_anybody_can_write_it_down():
    alone = published.one(published.KAMP | {"q2": 1e-30, "q3": 1e-30, "cl": 50})
    read = stepped(MAMMILLARY, alone, courses.given_mammillary([[Dose("iv", 0.25, 0, 25)]]), np.array([[0.2, 1.25]]))
    np.testing.assert_allclose(read["ketamine_arterial"][0], [0, 1000 * math.exp(-2)], rtol=1e-14)


def test_forty_digits_say_the_same():
    """Matrix exponential by mpmath, of the equations as they are, from their own derivative."""
    mpmath = pytest.importorskip("mpmath")  # a package of the measurements

    mpmath.mp.dps = 40
    drawn = courses.mammillary(3, seed=7)
    course = {name: value[:1] for name, value in drawn.parameters.items()}
    given = courses.given_mammillary([[Dose("iv", 0, 0, 20), Dose("po", 0, 0, 50)]])
    times = np.array([[0.05, 0.5, 6.0]])
    size = len(MAMMILLARY_STATES)
    wide = {name: np.repeat(value, size) for name, value in course.items()}
    flows = mpmath.matrix(MAMMILLARY.change(MAMMILLARY.rates(wide), np.eye(size)).tolist())
    start = mpmath.matrix(size, 1)
    start[MAMMILLARY_STATES.index("x1")], start[MAMMILLARY_STATES.index("po")] = 20, 50
    exact = np.array([[float(v) for v in mpmath.expm(flows * mpmath.mpf(t)) * start] for t in times[0]]).T
    np.testing.assert_allclose(amounts_at(MAMMILLARY, course, given, times)[:, 0], exact, rtol=1e-12, atol=1e-300)


def test_steps_half_as_long_change_nothing():
    drawn = courses.mammillary(15, seed=11)
    given = courses.given_mammillary(drawn.doses)
    whole, half = (
        stepped(MAMMILLARY, drawn.parameters, given, drawn.hours, longest=longest)
        for longest in (LONGEST_STEP, LONGEST_STEP / 2)
    )
    for name in whole:
        np.testing.assert_allclose(whole[name], half[name], rtol=1e-11, atol=1e-200)


def test_control_terms_left_out_are_seen(monkeypatch):
    monkeypatch.setattr("tests.pharmacology.stepping.TERMS", 3)
    given = courses.given_mammillary(INFUSION)
    read = stepped(MAMMILLARY, published.one(published.KAMP), given, hours(40))
    assert abs(read["ketamine_arterial"][0, 0] / 253.0518 - 1) > 1e-6
