"""Section 9: the listener hears a canary (control), and our own log filter keeps an exception's words out."""

import logging

import pytest
from tests.canary import Listener
from tests.world import CANARY_FAMILY

from ketacare.web.logs import NoPatientData


def test_control_a_canary_in_a_log_is_heard():
    listener = Listener()
    listener.handle(logging.LogRecord("x", logging.INFO, __file__, 1, "saved %s", (CANARY_FAMILY,), None))
    assert listener.sung == [f"x: {CANARY_FAMILY}"]


def test_h30_an_exception_that_quotes_a_patient_is_logged_without_its_words():
    try:
        raise ValueError(f"cannot parse {CANARY_FAMILY}")
    except ValueError as problem:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "request failed", (), None)
        record.exc_info = (type(problem), problem, problem.__traceback__)
    assert NoPatientData().filter(record)
    assert record.getMessage().startswith("request failed [ValueError at test_canary.py:")
    assert CANARY_FAMILY not in logging.Formatter("%(message)s").format(record)


def test_h30_a_fault_that_a_library_tells_in_its_words_is_logged_by_its_kind():
    words, fault = "error ignored terminating %r: %s", ValueError(f"Failing row contains ({CANARY_FAMILY}, 97)")
    record = logging.LogRecord("psycopg", logging.WARNING, __file__, 1, words, ("x", fault), None)
    assert NoPatientData().filter(record)
    assert record.getMessage() == "error ignored terminating 'x': ValueError"


def test_h30_a_failing_page_answers_with_a_number_and_no_words(db, client, monkeypatch):
    from tests.world import a_world

    from ketacare.clinic.people.models import Role
    from ketacare.clinic.people.tests.factories import browser
    from ketacare.web import home

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(f"about {CANARY_FAMILY}")

    world = a_world()
    monkeypatch.setattr(home, "render", fail)
    client = browser(world.staff[str(Role.RN)])
    client.raise_request_exception = False
    answer = client.get("/")
    assert answer.status_code == 500
    assert CANARY_FAMILY.encode() not in answer.content


@pytest.mark.parametrize("word", ["/patients/", "/sessions/"])
def test_urls_hold_random_ids_only(word):
    from tests.architecture.test_routes import ROUTES

    for route in ROUTES:
        if f"/{route.pattern}".startswith(word):
            assert not set(route.parameters) & {"name", "family", "born_on", "record_number"}, route.pattern
