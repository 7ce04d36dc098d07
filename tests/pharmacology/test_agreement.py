"""The closed form against stepping through the same equations, on thousands of generated courses, to eight digits."""

from __future__ import annotations

import numpy as np
import pytest

from ketacare.medicine.pharmacology import reader
from ketacare.medicine.pharmacology.terms import Analyte, Site
from tests.pharmacology import courses, engine, published
from tests.pharmacology.equations import FILM, LIVER, MAMMILLARY
from tests.pharmacology.stepping import stepped

AGREES = 1e-8
# Below what a laboratory sees (0.1 ng/mL) by eight orders: a venous sample a tenth of a second after a dose is all
# cancellation, of which processors round the last digits differently.
NOTHING_NG_PER_ML = 1e-9
COUNTS = {"mammillary": 4000, "nasal": 1000, "film": 50}


def agree(found, wanted):
    """To eight digits everywhere; where nothing has been given yet, both are nothing."""
    assert (found[wanted == 0] == 0).all()
    np.testing.assert_allclose(found, wanted, rtol=AGREES, atol=NOTHING_NG_PER_ML)


@pytest.fixture(scope="module")
def mammillary():
    drawn = courses.mammillary(COUNTS["mammillary"], seed=20261128)
    read = stepped(MAMMILLARY, drawn.parameters, courses.given_mammillary(drawn.doses), drawn.hours)
    p = drawn.parameters
    values = {name: p[ours] for name, ours in engine.MAMMILLARY.items()} | {"venous_half_time": engine.LN2 / p["kv"]}
    return drawn, values, read


@pytest.mark.parametrize("site", [Site.ARTERIAL, Site.VENOUS])
@pytest.mark.parametrize("analyte", [Analyte.KETAMINE, Analyte.NORKETAMINE])
def test_every_route_and_rate_step_as_stepping_through_it(mammillary, site, analyte):
    drawn, values, read = mammillary
    found = engine.found(reader.model("kamp-2020"), values, drawn, site, analyte)
    agree(found, read[f"{analyte}_{site}"])


def test_nasal_devices_as_stepping_through_them():
    drawn = courses.nasal(COUNTS["nasal"], seed=20261128)
    read = stepped(LIVER, drawn.parameters, courses.given_nasal(drawn.doses), drawn.hours)
    same = np.ones(len(drawn.doses))
    values = {name: drawn.parameters[ours] for name, ours in engine.LIVER.items()} | {
        "FRn": published.IN_NOSE * same,
        "later_device": published.LATER_DEVICE * same,
        "Fgut": published.SURVIVES_GUT * same,
        "D_swallowed": published.SWALLOWING_H * same,
    }
    for analyte in (Analyte.KETAMINE, Analyte.NORKETAMINE):
        found = engine.found(reader.model("perez-ruixo-2021"), values, drawn, Site.VENOUS, analyte)
        agree(found, read[f"{analyte}_venous"])


def test_films_as_stepping_through_them():
    drawn = courses.film(COUNTS["film"], seed=20261128)
    drawn.parameters["vn1"] = drawn.parameters["v1"]  # norketamine shares the central volume in this model
    read = stepped(FILM, drawn.parameters, courses.given_film(drawn.doses), drawn.hours)
    p, same = drawn.parameters, np.ones(len(drawn.doses))
    values = {name: p[ours] for name, ours in engine.FILM.items()} | {
        "F_mucosa": 0.263 * same,
        "D_mucosa": 13.1 / 60 * same,
        "F_swallowed": 1.16 * same,
        "D_swallowed": 29.9 / 60 * same,
        "gut_transit": 1 / p["k_delay"],
        "transit": 2 / p["k_chain"],
        **dict.fromkeys(("fh", "CLH", "VH1", "QH", "VH2", "transit_hydroxy"), same),
    }
    for analyte in (Analyte.KETAMINE, Analyte.NORKETAMINE):
        found = engine.found(reader.model("simons-2022"), values, drawn, Site.ARTERIAL, analyte)
        agree(found, read[f"{analyte}_arterial"])


def test_at_least_five_thousand_courses():
    assert sum(COUNTS.values()) >= 5000
