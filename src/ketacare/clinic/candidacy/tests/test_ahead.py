"""Read in one statement or kind by kind: the same rows, with the same values, writers and amendments."""

from datetime import timedelta

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from tests.world import a_world

from ketacare.clinic.candidacy.queries.ahead import FACTS, KINDS, OTHERS
from ketacare.clinic.candidacy.queries.answer import answer_so_far
from ketacare.clinic.people import actions
from ketacare.clinic.people.models import BodyMeasure, Consent
from ketacare.clinic.people.queries import consent
from ketacare.clinic.people.standing import ahead_of, ever, newest, read_ahead, reader_of, standing
from ketacare.clinic.people.tests.factories import AT
from ketacare.clinic.tenancy.looks import one_look


@pytest.fixture
def world(db):
    return a_world()


def told(rows):
    """Every column of every row, and what hangs on it."""
    return [
        {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
        | {"by": row.recorded_by and row.recorded_by.name, "was": row.amends and row.amends.pk, "kind": type(row)}
        for row in rows
    ]


def test_what_is_read_ahead_is_what_the_models_give(world):
    patient = world.patient
    apart = {kind: told(ever(kind, patient)) for kind in FACTS}
    assert sum(bool(rows) for rows in apart.values()) >= 12
    with one_look():
        read_ahead(patient, KINDS)
        with CaptureQueriesContext(connection) as asked:
            together = {kind: told(ever(kind, patient)) for kind in FACTS}
    assert together == apart
    assert len(asked) == 0


def test_types_come_back_as_they_were(world):
    with one_look():
        read_ahead(world.patient, KINDS)
        ahead = {kind: told(ever(kind, world.patient)) for kind in FACTS}
    for kind, rows in ahead.items():
        for row, plain in zip(rows, told(ever(kind, world.patient)), strict=True):
            assert {name: type(value) for name, value in row.items()} == {
                name: type(value) for name, value in plain.items()
            }
            assert {name: str(value) for name, value in row.items()} == {n: str(v) for n, v in plain.items()}


def test_what_was_amended_or_taken_back_does_not_stand(world):
    patient, nurse = world.patient, world.staff["RN"]
    at = newest(BodyMeasure, patient).recorded_at + timedelta(minutes=1)
    first = actions.record_measure(patient=patient, weight_kg=81, height_cm=None, by=nurse, at=at)
    second = actions.record_measure(
        patient=patient, weight_kg=82, height_cm=None, amends=first, amend_reason="Misread", by=nurse,
        at=at + timedelta(minutes=1),
    )  # fmt: skip
    for ahead in (False, True):
        with one_look():
            if ahead:
                read_ahead(patient, KINDS)
            rows = standing(BodyMeasure, patient)
            assert second in rows
            assert first not in rows
            assert newest(BodyMeasure, patient).amends == first
            assert {first, second} <= set(ever(BodyMeasure, patient))


def test_of_two_words_of_one_moment_the_later_written_consent_counts(world):
    patient, nurse, minute = world.patient, world.staff["RN"], timedelta(minutes=1)
    for later, given in ((minute, True), (2 * minute, False)):
        told = actions.about(patient, nurse, AT + later) | {"happened_at": AT + minute}
        Consent.objects.create(**told, kind="treatment", text_version="1", given=given)
    assert consent(patient, "treatment").given is False
    with one_look():
        read_ahead(patient, KINDS)
        assert consent(patient, "treatment").given is False


def columns(rows):
    return sorted(
        ({field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields} for row in rows),
        key=lambda row: str(row["id"]),
    )


def test_of_what_is_no_fact_the_rows_are_read_ahead_that_are_asked_for(world):
    patient, found = world.patient, 0
    with one_look():
        read_ahead(patient, KINDS)
        for kind, only in OTHERS.items():
            rows = kind._default_manager.filter(patient=patient)
            rows = rows.extra(where=[only.replace("t.", f"{kind._meta.db_table}.")]) if only else rows
            assert columns(ahead_of(kind, patient)) == columns(rows), kind
            found += len(rows) > 0
    assert found >= 3
    assert ahead_of(next(iter(OTHERS)), patient) is None


def test_the_answer_is_the_same_read_ahead_or_not(world):
    asked = {"at": newest(BodyMeasure, world.patient).recorded_at + timedelta(days=1), "zone": "America/New_York"}
    apart = answer_so_far(world.patient, **asked)
    with one_look():
        read_ahead(world.patient, KINDS)
        together = answer_so_far(world.patient, **asked)
    assert together.decision == apart.decision
    assert sorted(map(str, together.facts)) == sorted(map(str, apart.facts))


def test_outside_a_look_nothing_is_kept(world):
    patient = world.patient
    with CaptureQueriesContext(connection) as asked:
        read_ahead(patient, KINDS)
    assert len(asked) == 0
    with CaptureQueriesContext(connection) as asked:
        standing(BodyMeasure, patient)
        standing(BodyMeasure, patient)
    assert len(asked) == 2


def test_a_column_that_nobody_thought_of_is_refused():
    with pytest.raises(TypeError, match="no way to read a DurationField ahead"):
        reader_of(models.DurationField())
