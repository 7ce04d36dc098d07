"""What does judging a case cost? Full cases a second on one core, beside reading and writing the same JSON only."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tests.vignettes.expand import all_steps

from bench.figures import Found, ratio
from bench.ground import Ground
from ketacare.medicine.candidacy import reader, rules
from ketacare.medicine.candidacy.terms import Case
from ketacare.medicine.evidence.terms import Facts

ROUNDS = 3


def measure(ground: Ground | None = None) -> Found:
    found = Found(
        "Candidacy: full cases a second on one core, beside reading and writing the same JSON without judging"
    )
    table = found.table(
        "Every case of the invented patients, one core",
        "work", "cases/s", "beside JSON in and out", "reasons a case",
    )  # fmt: skip
    texts = [json.dumps(step.case) for step in all_steps()]
    knowledge = reader.shipped()
    cases = [reader.case_from_json(read(text)) for text in texts]
    answers = [reader.answer_to_json(rules.judge(case, knowledge)) for case in cases]
    reasons = round(sum(len(answer["reasons"]) for answer in answers) / len(answers))
    work: list[tuple[str, Callable[[], Any], str]] = [
        ("JSON in and out (baseline)", lambda: [written(read(t), a) for t, a in zip(texts, answers, strict=True)], ""),
        ("JSON to a case, every field checked", lambda: [reader.case_from_json(read(text)) for text in texts], ""),
        ("judged, with every reason and its facts", lambda: [rules.judge(c, knowledge) for c in anew], reasons),
        ("JSON in, judged, JSON out", lambda: [whole(text) for text in texts], reasons),
    ]
    anew: list[Case] = []

    def prepare() -> None:
        anew[:] = [fresh(case) for case in cases]

    took = {name: best(doing, prepare=prepare) for name, doing, _ in work}
    baseline = took["JSON in and out (baseline)"]
    for name, _, count in work:
        table.add(name, len(texts) / took[name], ratio(baseline, took[name]), count)
    facts = sum(len(list(case.facts)) for case in cases) / len(cases)
    found.notes.append(f"{len(texts)} cases of {facts:.0f} facts each; all parts: {len(knowledge.headers)} sheets.")
    found.notes.append(f"Best of {ROUNDS} rounds; judging is pure, so one process a core would scale.")
    return found


def read(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


def written(document: Any, answer: Any) -> tuple[str, str]:
    return json.dumps(document, default=str), json.dumps(answer)


def fresh(case: Case) -> Case:
    """The same case with nothing worked out yet: no round profits from the one before."""
    return replace(case, facts=Facts(list(case.facts)))


def whole(text: str) -> str:
    return json.dumps(reader.answer_to_json(rules.judge(reader.case_from_json(read(text)), reader.shipped())))


def best(work: Callable[[], Any], rounds: int = ROUNDS, prepare: Callable[[], None] = lambda: None) -> float:
    """The least seconds of some rounds: other work on this machine can only add. Getting ready is not counted."""
    took = []
    for _ in range(rounds):
        prepare()
        gc.collect()
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return min(took)


if __name__ == "__main__":
    print(measure().as_markdown())
