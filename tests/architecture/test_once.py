"""I5: a request sent twice, at once or again after a cut reply, has one effect and one answer."""

import threading
import uuid

import pytest
from django.db import connections, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.test import RequestFactory

from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.people.tests.factories import AT, a_clinic, a_patient, someone
from ketacare.clinic.tenancy.actions import tenant
from ketacare.clinic.tenancy.once import KeyMissing, KeyReused, answer_once

factory = RequestFactory()


def post(key: object, **fields: str) -> HttpRequest:
    return factory.post("/somewhere/", {"once": str(key), **fields})


def register(desk, request: HttpRequest, family: str = "Reed") -> HttpResponse:
    def respond() -> HttpResponse:
        patient = a_patient(desk, family=family)
        return HttpResponseRedirect(f"/patients/{patient.pk}/")

    return answer_once(request, organisation_id=desk.organisation_id, actor_id=desk.user_id, at=AT, respond=respond)


@pytest.fixture
def desk(db):
    return someone(a_clinic(), Role.FD)


def test_the_second_sending_gets_the_first_answer(desk):
    key = uuid.uuid4()
    first, second = register(desk, post(key, a="1")), register(desk, post(key, a="1"))
    assert (first.status_code, first["Location"]) == (second.status_code, second["Location"])
    assert second["Idempotent-Replay"] == "true"
    assert Patient.objects.count() == 1


def test_another_body_under_the_same_key_is_refused(desk):
    key = uuid.uuid4()
    register(desk, post(key, a="1"))
    with pytest.raises(KeyReused):
        register(desk, post(key, a="2"))
    assert Patient.objects.count() == 1


def test_a_changed_session_token_is_not_another_body(desk):
    key = uuid.uuid4()
    register(desk, post(key, csrfmiddlewaretoken="one"))
    assert register(desk, post(key, csrfmiddlewaretoken="two"))["Idempotent-Replay"] == "true"


def test_d3_the_same_press_dated_better_is_not_another_body(desk):
    key = uuid.uuid4()
    register(desk, post(key))
    assert register(desk, post(key, entered_at="2026-03-02T10:00:00+00:00"))["Idempotent-Replay"] == "true"


@pytest.mark.parametrize("key", ["", "not-a-key"])
def test_a_request_without_a_key_is_refused_with_field_rule_remedy(desk, key):
    with pytest.raises(KeyMissing, match=r"carries no one-time key\. Open the page again"):
        register(desk, post(key))
    assert Patient.objects.count() == 0


def test_a_refused_answer_is_not_kept_so_that_a_mended_entry_can_follow(desk):
    key = uuid.uuid4()
    request = post(key, a="1")
    refusal = answer_once(
        request,
        organisation_id=desk.organisation_id,
        actor_id=desk.user_id,
        at=AT,
        respond=lambda: HttpResponse(status=422),
    )
    assert refusal.status_code == 422


def at_once(desk, keys: list[uuid.UUID]) -> list[int]:
    """Both requests from threads that start together; the statuses they got."""
    barrier, answers = threading.Barrier(len(keys)), []

    def send(key: uuid.UUID) -> None:
        barrier.wait()
        try:
            with tenant(desk.organisation_id):
                answers.append(register(desk, post(key, a="1")).status_code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send, args=[key]) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return answers


def test_h16_sent_twice_at_once_it_happens_once(fresh_database):
    with transaction.atomic():
        desk = someone(a_clinic(), Role.FD)
    key = uuid.uuid4()
    assert at_once(desk, [key, key, key]) == [302, 302, 302]
    with tenant(desk.organisation_id):
        assert Patient.objects.count() == 1


def test_control_without_a_shared_key_it_happens_three_times(fresh_database):
    with transaction.atomic():
        desk = someone(a_clinic(), Role.FD)
    at_once(desk, [uuid.uuid4(), uuid.uuid4(), uuid.uuid4()])
    with tenant(desk.organisation_id):
        assert Patient.objects.count() == 3
