"""What the tests of this room give: a course by a few words."""

import numpy as np

from ketacare.medicine.pharmacology.predictions import predict
from ketacare.medicine.pharmacology.terms import Band, Case, Dose, Drug, Patient, Route, Site

ADULT = Patient(weight_kg=70.0, age_years=40.0)


def dose(mg, minutes=0.0, at=0.0, *, drug="ketamine", route="iv", product=None):
    return Dose(Drug(drug), Route(route), float(at), float(mg), float(minutes), product)


def case(*doses, times=(40.0,), site="arterial", patient=ADULT, band="true", **more):
    where = None if site is None else Site(site)
    return Case(patient, doses, tuple(float(t) for t in times), where, Band(band), **more)


def course(*doses, curve="ketamine", **more):
    """The typical course at these times."""
    return predict(case(*doses, **more)).curves[curve].typical


def near(values, wanted, relative):
    np.testing.assert_allclose(values, wanted, rtol=relative, atol=0)
