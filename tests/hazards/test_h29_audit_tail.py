"""H29: whoever opened a chart cuts the end off the audit log."""

from __future__ import annotations

import json

import pytest

from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import a_clinic, a_patient, someone
from ketacare.web.commands import worker

pytestmark = pytest.mark.django_db


def test_h29_the_worker_seals_the_heads_outside_the_database_without_being_asked(settings, tmp_path):
    settings.SEAL_FILE = tmp_path / "heads.jsonl"
    clinic = a_clinic()
    a_patient(someone(clinic, Role.FD))
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")  # the links are made at commit
    assert worker.round_of(worker.hourly())
    sealed = [json.loads(line)["clinic"] for line in settings.SEAL_FILE.read_text().splitlines()]
    assert str(clinic.pk) in sealed
