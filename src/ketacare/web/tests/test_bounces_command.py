"""`ketacare bounces -`, as the pipe of a mail relay runs it."""

from __future__ import annotations

import io
import sys

import pytest
from django.db import OperationalError

from ketacare.clinic.duties.tests.factories import Place, place
from ketacare.clinic.outcomes import actions
from ketacare.clinic.outcomes.models import MessageOut
from ketacare.clinic.outcomes.tests.test_bounces import a_mail, notification, returned
from ketacare.clinic.outcomes.tests.test_messages import waiting
from ketacare.web.commands import bounces as command
from ketacare.web.runtime.faults import BadInput


@pytest.fixture
def here(db) -> Place:
    return place(telephone="555 0100")


@pytest.fixture
def mailed(here: Place) -> MessageOut:
    return a_mail(here)


def test_the_pipe_of_a_relay(here: Place, mailed: MessageOut, monkeypatch, capsys, tmp_path) -> None:
    monkeypatch.setattr("ketacare.web.clock.now", lambda: mailed.sent_at)
    arguments = type("Given", (), {"path": "-"})

    def pipe(raw: bytes) -> int:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        return command.run(arguments)

    assert pipe(returned(mailed)) == 0
    assert capsys.readouterr().out == "kept: failed\n"
    here.enter()
    assert len(waiting()) == 1
    assert pipe(notification()) == 0, "no relay sends it round in a circle"
    assert "no delivery status" in capsys.readouterr().err
    assert pipe(b"Subject: hello\n\nquiero morir") == 0
    assert capsys.readouterr().out == "kept: a person reads it\n"
    here.enter()
    assert waiting("message.unknown")[0].title == "Words of danger from an unknown mail address"
    monkeypatch.setattr(actions, "receive_bounce", down)
    assert pipe(returned(mailed)) == command.TRY_AGAIN
    monkeypatch.setattr(actions, "receive_unknown", down)
    assert pipe(b"Subject: hello\n\nquiero morir") == command.TRY_AGAIN


def test_a_mail_without_end_is_drained_and_not_kept(monkeypatch, tmp_path) -> None:
    pipe = io.BytesIO(b"x" * 300_000)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(pipe))
    assert len(command.raw("-", 100)) == 100
    assert pipe.tell() == 300_000, "the relay writes on without a broken pipe"
    (tmp_path / "mail.eml").write_bytes(b"abc")
    assert command.raw(str(tmp_path / "mail.eml"), 2) == b"ab"
    with pytest.raises(BadInput):
        command.raw(str(tmp_path / "none"), 2)


def down(*_: object, **__: object) -> None:
    raise OperationalError
