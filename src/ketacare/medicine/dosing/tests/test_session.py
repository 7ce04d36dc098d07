import pytest

from ketacare.medicine.dosing import rules
from ketacare.medicine.dosing.terms import TRANSITIONS, SessionState

LIFE = ["planned", "checked_in", "ready", "running", "recovery", "discharged", "closed"]


def test_every_state_has_its_transitions():
    assert set(TRANSITIONS) == set(SessionState)


def test_the_straight_life_of_a_session():
    state = SessionState.PLANNED
    for following in LIFE[1:]:
        state = rules.move(state, SessionState(following))
    assert rules.allowed(state) == frozenset()


@pytest.mark.parametrize("state", ["running", "recovery", "discharged", "closed", "cancelled"])
def test_h16_h17_nothing_that_got_drug_can_be_cancelled_or_run_again(state):
    for to in (SessionState.CANCELLED, SessionState.RUNNING, SessionState.READY):
        with pytest.raises(rules.NotThatWay, match="What may follow"):
            rules.move(SessionState(state), to)
