"""The yardsticks of the load proofs, held to cases worked by hand: a proof that cannot fail proves nothing."""

from __future__ import annotations

from types import SimpleNamespace
from uuid import UUID

import pytest
from bench.bedsides import VALUES_A_MESSAGE
from bench.devices.chairs import Proof
from bench.watch.floor import Answered, high_delay_s, lost, raising
from bench.watch.goals import beats_since

ONE, OTHER = UUID(int=1), UUID(int=2)
WHOLE = VALUES_A_MESSAGE


@pytest.mark.parametrize(
    ("charted", "missing"),
    [
        ({ONE: {10_000: WHOLE, 20_000: WHOLE}}, 0),
        ({ONE: {10_030: WHOLE, 20_000: WHOLE}}, 0),  # its time was put right by 3 ms
        ({ONE: {10_000: WHOLE, 20_000: WHOLE - 1}}, 1),
        ({ONE: {10_000: WHOLE}}, 1),
        ({ONE: {10_000: 2 * WHOLE}}, 1),  # twice the one does not make up for the other
        ({OTHER: {10_000: WHOLE, 20_000: WHOLE}}, 2),
        ({}, 2),
    ],
)
def test_a_message_is_lost_unless_its_own_chair_has_all_of_it_at_its_time(charted, missing):
    assert lost({ONE: [10_000, 20_000]}, charted) == missing


def test_the_value_that_raises_is_the_first_after_the_delay():
    fallen = [Answered(due, due + 0.1, 79) for due in (100.0, 101.0, 104.9, 105.0, 106.0)]
    assert raising(fallen, 5.0) is fallen[3]
    assert raising(fallen[:3], 5.0) is None
    assert raising([], 5.0) is None
    assert high_delay_s() == 5


@pytest.mark.parametrize(("done", "live"), [(False, True), (True, False)])
def test_a_stream_that_has_ended_is_not_live(done, live):
    task = SimpleNamespace(done=lambda: done, result=lambda: None)
    assert beats_since(SimpleNamespace(task=task, heard=[("beat", 5.0)]), 4.0) is live
    assert not beats_since(SimpleNamespace(task=task, heard=[("beat", 3.0)]), 4.0)


def test_a_proof_is_not_held_before_its_control_arm_was_seen_to_fail():
    assert not Proof("G0", "nothing").held
