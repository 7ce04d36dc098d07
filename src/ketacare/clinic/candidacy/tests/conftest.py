"""Whom and where most tests of candidacy are about: one clinic, its people, somebody who is evaluated there."""

import pytest

from ketacare.clinic.duties.tests.factories import place
from ketacare.clinic.people.tests.factories import a_clinic, a_patient, someone


@pytest.fixture
def clinic():
    return a_clinic()


@pytest.fixture
def patient(clinic):
    return a_patient(someone(clinic, "FD"))


@pytest.fixture
def nurse(clinic):
    return someone(clinic, "RN")


@pytest.fixture
def prescriber(clinic):
    return someone(clinic, "RX")


@pytest.fixture
def director(clinic):
    return someone(clinic, "MD")


@pytest.fixture
def here():
    """A clinic whose telephone the pages for patients may name."""
    return place(telephone="555 0100")
