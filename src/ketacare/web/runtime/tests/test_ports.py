"""A port that somebody else has is said before anything starts."""

import socket

import pytest

from ketacare.web.commands.up import refuse_used_port
from ketacare.web.runtime.faults import CannotRun


def test_a_port_that_is_in_use_is_said_with_how_another_is_chosen() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(CannotRun, match=f"port {taken} .* choose another with KETACARE_MLLP_PORT"):
            refuse_used_port("127.0.0.1", taken, "KETACARE_MLLP_PORT")
