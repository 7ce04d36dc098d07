"""H20: two people write the same text, and one of them loses it unseen."""

from __future__ import annotations

import pytest

from ketacare.clinic.candidacy import actions
from ketacare.clinic.candidacy.models import Evaluation
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import AT, a_clinic, a_patient, someone
from ketacare.clinic.tenancy.refusals import Conflict

pytestmark = pytest.mark.django_db


def test_h20_who_saves_second_is_told_and_nothing_is_overwritten():
    clinic = a_clinic()
    one, two = someone(clinic, Role.RX), someone(clinic, Role.RX)
    patient = a_patient(someone(clinic, Role.FD))
    evaluation = Evaluation.objects.create(
        organisation_id=clinic.organisation_id, clinic=clinic, created_at=AT, patient=patient
    )
    stale = Evaluation.objects.get(pk=evaluation.pk)
    actions.write_impression(evaluation=evaluation, text="First", version=1, by=one, at=AT)
    with pytest.raises(Conflict) as refused:
        actions.write_impression(evaluation=stale, text="Second", version=1, by=two, at=AT)
    assert refused.value.yours == "Second"
    assert Evaluation.objects.get(pk=evaluation.pk).impression == "First"
