"""H13, I6: an answer that signals danger, with processes dying around it: none lost, none doubled, its concern always
there and somebody's. Every change plays a few cases; `KETACARE_PROOF_CASES=500` plays that many, kills the database
itself as well, and writes docs/safety/results/answers-killed.md.
"""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

from ketacare.clinic.outcomes.models import Answers
from ketacare.clinic.safety.models import Concern
from ketacare.clinic.tenancy.actions import tenant
from tests.crash import answers
from tests.crash.answers import Case, Ground, Tally
from tests.crash.killing import Moment, killed_at

SEED, FEW, DATABASE_DIES = 20261129, 9, 20
ASKED_FOR = int(os.environ.get("KETACARE_PROOF_CASES") or 0)
RESULTS = Path(__file__).resolve().parents[2] / "docs" / "safety" / "results" / "answers-killed.md"
WORST = Case(0, "on call", "next_day", "safety-items", "s1", 3, ())


def test_h13_answers_survive_every_death_and_no_concern_is_without_its_owner(fresh_database):
    ground, tally, began = Ground.laid(), Tally(), time.monotonic()
    for case in answers.cases(SEED, ASKED_FOR or FEW):
        answers.play(ground, case, tally)
    assert tally.faults == {}
    assert tally.dangerous
    assert sum(tally.deaths.values()) >= tally.cases
    if ASKED_FOR:
        assert {name.partition(",")[0] for name in tally.deaths} >= {process.__name__ for process in answers.CALLING}
        from tests.crash import answers_report, database_dies

        control = half_done(ground)
        killed = database_dies.played(SEED, min(ASKED_FOR, DATABASE_DIES))
        answers_report.write(RESULTS, tally, SEED, time.monotonic() - began, control, killed)
        assert killed.faults == {}


def test_h13_control_without_its_transaction_an_answer_is_left_without_its_concern(fresh_database):
    """The same death with the transaction taken away: if nothing were found here, the test above would prove little."""
    assert half_done(Ground.laid())


def half_done(ground: Ground) -> int:
    """Of the writes of one answer, after how many a death leaves the answer and no concern; on a change, the first."""
    found = 0
    chance = random.Random(SEED)
    writes = list(range(2, answers.writes_in(ground, WORST) + 1))
    for at_write in writes if ASKED_FOR else chance.sample(writes, len(writes)):
        if found and not ASKED_FOR:
            break
        here, phone = ground.places["on call"], answers.a_phone(ground.places["on call"], WORST)
        assert killed_at(Moment.BETWEEN_WRITES, phone.send, at_write=at_write, protected=False).came
        with tenant(here.clinic.organisation_id):
            kept = Answers.objects.filter(ask=phone.ask).exists()
            found += kept and not Concern.objects.filter(source_id=phone.ask.pk, duty__isnull=False).exists()
    return found
