"""Answers of a way: each substance is worked out when it is asked for, and not before."""

import numpy as np

from ketacare.medicine.pharmacology.exponentials import link
from ketacare.medicine.pharmacology.structures import Answers
from ketacare.medicine.pharmacology.terms import Analyte


def never():
    raise AssertionError("nobody asked for norketamine")


def test_only_what_is_asked_for_is_worked_out():
    answers = Answers({Analyte.KETAMINE: lambda: link(np.array([2.0])), Analyte.NORKETAMINE: never})
    assert answers[Analyte.KETAMINE].area == 1
    assert Analyte.NORKETAMINE in answers
    assert Analyte.HYDROXYNORKETAMINE not in answers
    assert (len(answers), list(answers)) == (2, [Analyte.KETAMINE, Analyte.NORKETAMINE])
