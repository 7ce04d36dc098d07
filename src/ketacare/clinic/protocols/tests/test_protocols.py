"""Adoption: only the medical director, only the version on file, withdrawn with a reason."""

from __future__ import annotations

from datetime import date

import pytest

from ketacare.clinic.audit.models import Line
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.tests.factories import AT, a_clinic, someone
from ketacare.clinic.protocols import actions, queries
from ketacare.clinic.protocols.tests.factories import IV, an_adoption
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db


def test_h19_nothing_is_in_force_before_a_director_adopts():
    clinic = a_clinic()
    assert queries.protocols_in_force(clinic.pk) == []
    an_adoption(clinic)
    assert [protocol.id for protocol in queries.protocols_in_force(clinic.pk)] == [IV]
    assert Line.objects.filter(verb="protocol.adopted").count() == 1


@pytest.mark.parametrize("role", ["FD", "RN", "RX", "TH", "AU", "AD", "RC", "PT"])
def test_nobody_else_adopts(role):
    clinic = a_clinic()
    with pytest.raises(NotAllowed):
        actions.adopt(sheet_id=IV, version="1.0.0", by=someone(clinic, role), at=AT)


def test_a_version_that_is_not_on_file_is_refused():
    director = someone(a_clinic(), "MD")
    with pytest.raises(Refused, match="no longer on file"):
        actions.adopt(sheet_id=IV, version="0.9.0", by=director, at=AT)


def test_withdrawing_needs_a_reason_and_ends_it():
    clinic = a_clinic()
    an_adoption(clinic)
    director = someone(clinic, "MD")
    with pytest.raises(Refused, match="reason is empty"):
        actions.withdraw(sheet_id=IV, words=" ", by=director, at=AT)
    actions.withdraw(sheet_id=IV, words="supply", by=director, at=AT)
    assert queries.protocols_in_force(clinic.pk) == []


def test_another_clinics_adoption_does_not_count():
    north = a_clinic("North")
    an_adoption(north)
    south = a_clinic("South", organisation=north.organisation)
    assert queries.protocols_in_force(south.pk) == []


def test_every_sheet_of_medicine_is_on_file_with_its_figures():
    rows = queries.on_file(a_clinic().pk, on=date(2026, 12, 1))
    assert IV in {row.header.id for row in rows}
    without = {row.header.id for row in rows if row.room == "protocols" and not queries.figures(row.sheet)}
    assert without == {"p-arket"}  # trials only: no regimen is offered
    assert not any(row.review_is_late for row in rows if row.room == "protocols")
