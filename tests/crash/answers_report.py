"""Writes what a long run of answers with deaths around them has found."""

from __future__ import annotations

import os
import time
from pathlib import Path

from tests.crash.answers import Tally

PAGE = """# Answers that signal danger, with processes dying around them (H13, I6)

Each case is drawn from its number: a question of danger and its answer, who there is to answer (somebody on call, a gap
in the roster, a nurse alone), and one to three deaths of the process that keeps the answer: before its first write,
between two writes, after the commit, after the reply. The phone then sends the same tap again until it is answered.
Then three of what calls people are killed, each at a write drawn: the climbing of the ladder, the sending of the calls
to a gateway, the escalation, a whole round of the caller, a whole round of the worker. A minute after the answer what
lives looks once. Deaths are `os._exit`, without clean-up. Run on {when} with

    KETACARE_PROOF_CASES={cases} python -m pytest tests/crash/test_answers.py

| | found |
|---|---|
| cases, of them with an answer that signals danger | {cases}, {dangerous} |
| deaths that came | {total} |
| answers lost after the phone was told | {lost} |
| answers or concerns doubled | {doubled} |
| an answer without its concern, or a concern without its answer, at any look | {alone} |
| a concern that somebody is called about (about suicide: of any tier) without a named owner after 60 s | {unowned} |
| somebody called twice by one channel for one step | {called_twice} |
| control: the same answer with its transaction taken away, deaths that left it without its concern | {control} |

| death | times |
|---|---|
{deaths}

{took} s, seed {seed}, on a machine with a load of {load}. What this does not show: that a gateway delivers, or that a
telephone rings; and a death of the machine itself, of which the database's own promise (`fsync`, `synchronous_commit`,
asked for by `/readyz`) is the only proof here.

## The database server killed

The same with a server of its own, durable as a clinic's is: `kill -9` of its first process at a moment drawn, then
started again as `ketacare up` does.

| | found |
|---|---|
| cases, of them with an answer that signals danger | {db_cases}, {db_dangerous} |
| times the server was killed | {db_total} |
| lost, doubled, alone, without an owner, called twice | {db_faults} |
"""


def write(target: Path, tally: Tally, seed: int, took_s: float, control: int, killed: Tally) -> None:
    counts = {name: len(getattr(tally, name)) for name in ("lost", "doubled", "alone", "unowned", "called_twice")}
    target.write_text(
        PAGE.format(
            when=time.strftime("%-d %B %Y"),
            cases=tally.cases,
            dangerous=tally.dangerous,
            total=sum(tally.deaths.values()),
            control=control,
            deaths="\n".join(f"| {name} | {times} |" for name, times in sorted(tally.deaths.items())),
            took=round(took_s),
            seed=seed,
            load=f"{os.getloadavg()[0]:.1f}",
            db_cases=killed.cases,
            db_dangerous=killed.dangerous,
            db_total=sum(killed.deaths.values()),
            db_faults=", ".join(str(len(found)) for found in killed.every_list),
            **counts,
        ),
        encoding="utf-8",
    )
