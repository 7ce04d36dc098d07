"""Typical courses against numbers from a matrix exponential, to 0.1 %: 70 kg, every default model."""

import pytest

from ketacare.medicine.pharmacology.tests.given import course, dose, near

MINUTES = (5, 10, 20, 30, 40, 50, 60, 80, 110, 230, 480)
ARTERIAL = (109.3246, 154.5315, 198.2706, 228.0141, 253.0518, 120.3383, 95.8600, 73.7360, 54.3272, 26.7390, 10.1368)
VENOUS = (19.5283, 53.6231, 117.3850, 166.3733, 204.3216, 181.2603, 142.9534, 96.7603, 64.6322, 28.6256, 10.7210)
NORKETAMINE = (4.3791, 13.2097, 34.5986, 57.2858, 80.1290, 89.4582, 90.0342, 86.1503, 76.6027, 48.0901, 27.1983)


@pytest.mark.parametrize(
    ("site", "curve", "wanted"),
    [("arterial", "ketamine", ARTERIAL), ("venous", "ketamine", VENOUS), ("arterial", "norketamine", NORKETAMINE)],
)
def test_half_a_milligram_a_kilogram_over_forty_minutes(site, curve, wanted):
    near(course(dose(35, 40), times=MINUTES, site=site, curve=curve), wanted, 1e-4)


NASAL = {
    1: (
        (27.0986, 39.1298, 43.3929, 43.7407, 39.1644, 22.0237, 5.7883, 2.2004),
        (1.1951, 6.6876, 16.1666, 27.7656, 47.0426, 57.3103, 21.5556, 10.7772),
    ),
    2: (
        (37.0867, 60.7120, 70.1895, 72.6251, 67.6058, 39.7293, 10.2075, 3.8430),
        (1.3676, 9.9903, 27.2820, 50.4169, 92.4033, 116.2087, 41.0630, 20.1703),
    ),
    3: (
        (37.0867, 77.5936, 94.9231, 100.7278, 96.5673, 58.2480, 14.7094, 5.5024),
        (1.3676, 11.1487, 33.9371, 66.9355, 132.9577, 175.9011, 60.8668, 29.6430),
    ),
}


@pytest.mark.parametrize("devices", NASAL)
@pytest.mark.parametrize("written", ["one dose", "device by device"])
def test_nasal_devices_are_events_of_their_own(devices, written):
    def device(mg, at=0):
        return dose(mg, at=at, drug="esketamine", route="in", product="spravato")

    doses = [device(28 * devices)] if written == "one dose" else [device(28, 5 * n) for n in range(devices)]
    times = (10, 20, 30, 40, 60, 120, 360, 720)
    for curve, wanted in zip(("ketamine", "norketamine"), NASAL[devices], strict=True):
        near(course(*doses, times=times, site="venous", curve=curve), wanted, 1e-4)


@pytest.mark.parametrize(
    ("route", "mg", "site", "curve", "wanted"),
    [
        ("im", 35, "arterial", "ketamine", (314.689, 213.448, 147.269, 78.729, 42.907, 22.845)),
        ("im", 35, "venous", "ketamine", (137.093, 197.531, 185.306, 106.119, 49.257, 24.358)),
        ("im", 35, "arterial", "norketamine", (34.445, 63.438, 76.779, 82.074, 65.175, 42.200)),
        ("po", 25, "arterial", "ketamine", (23.868, 24.064, 22.032, 15.812, 8.394, 3.902)),
        ("po", 25, "venous", "ketamine", (8.953, 16.677, 19.825, 18.061, 9.786, 4.200)),
        ("po", 25, "arterial", "norketamine", (48.283, 77.078, 92.064, 94.813, 58.638, 24.761)),
    ],
)
def test_into_a_muscle_and_swallowed(route, mg, site, curve, wanted):
    near(course(dose(mg, route=route), times=(10, 20, 30, 60, 120, 240), site=site, curve=curve), wanted, 1e-4)


def test_film_under_the_tongue():
    film = dose(50, drug="esketamine", route="sl", product="film")
    times = (5, 10, 20, 40, 60, 120, 240, 360)
    near(course(film, times=times), (22.2020, 55.6955, 84.7218, 63.7105, 45.2759, 18.1057, 7.9919, 5.0954), 1e-4)
    norketamine = (0.1271, 2.3461, 28.2585, 165.6947, 250.5761, 128.7761, 72.8412, 51.2629)
    near(course(film, times=times, curve="norketamine"), norketamine, 1e-3)


def test_esketamine_of_otto():
    run, times = dose(10, 30, drug="esketamine"), (15, 30, 60, 120, 240, 480)
    said = {"times": times, "site": "venous", "model": "otto-2021"}
    near(course(run, **said), (29.8712, 49.8659, 26.9788, 15.1356, 6.9700, 2.1666), 1e-4)
    near(course(run, **said, curve="norketamine"), (3.5600, 11.4897, 20.4624, 20.2500, 13.9152, 7.2655), 1e-4)


@pytest.mark.parametrize(
    ("model", "site", "wanted"),
    [
        ("kamp-2020", "arterial", (253, 74, 54, 27)),
        ("kamp-2020", "venous", (204, 97, 65, 29)),
        ("domino-1982", "venous", (240, 46, 38, 18)),
        ("clements-1981", "venous", (177, 85, 63, 36)),
        ("otto-2021", "venous", (160, 82, 63, 29)),
        ("simons-2022", "arterial", (298, 68, 46, 23)),
        ("perez-ruixo-2021", "venous", (125, 65, 45, 19)),
    ],
)
def test_what_six_models_say_of_the_same_infusion(model, site, wanted):
    said = course(dose(35, 40), times=(40, 80, 110, 230), site=site, model=model)
    assert [abs(value - whole) <= max(0.51, 0.01 * whole) for value, whole in zip(said, wanted, strict=True)] == [
        True
    ] * 4
