"""The examination says where nobody would be reached about a concern (H13)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from ketacare.clinic.channels import actions as calls
from ketacare.clinic.people.models import Role, Staff
from ketacare.clinic.people.tests.factories import a_clinic, someone
from ketacare.clinic.safety.models import OnCall
from ketacare.clinic.scheduling.models import Absence
from ketacare.clinic.tenancy.actions import enter
from ketacare.web import clock
from ketacare.web.runtime import examination

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_h13_the_examination_names_who_is_not_there_and_who_has_no_telephone():
    clinic, now = a_clinic(), clock.now()
    amin = someone(clinic, Role.RX, "Dr Amin")
    place = {"organisation_id": clinic.organisation_id, "clinic": clinic, "created_at": now}
    OnCall.objects.create(**place, user_id=amin.user_id, role="RX", starts_at=now - DAY, ends_at=now + DAY)

    def said() -> list[str]:
        connection.ensure_connection()
        found = [finding.text for finding in examination.on_call(connection.connection)]
        enter(organisation_id=clinic.organisation_id)
        return [words.removeprefix(f"{clinic.name}: ") for words in found if words.startswith(clinic.name)]

    silent, nobody = "on call without a telephone: Dr Amin", "nobody answers concerns now"
    assert said() == [silent]
    calls.set_reach(mobile="+12075550100", by_text=True, by_voice=False, by_mail=False, by=amin, at=now)
    assert said() == []
    away = Absence.objects.create(**place, user_id=amin.user_id, kind="leave", starts_at=now - DAY, ends_at=now + DAY)
    assert said() == [nobody]
    Absence.objects.filter(pk=away.pk).update(withdrawn_at=now)
    assert said() == []
    Staff.objects.filter(user_id=amin.user_id).update(ended_at=now)
    assert said() == [nobody]
