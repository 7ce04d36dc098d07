"""More of a dose that was given although something spoke against it: charted as it was, with what spoke against it, a
reason and a name, and looked at by the prescriber (H17, L6). Before it is given the same is a refusal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from ketacare.clinic.dosing.models import Session
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Consequence
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role
from ketacare.clinic.tenancy.refusals import Refusal, Refused

LOOK = duties.ends_by_word("dose.against", "What was found, and what follows from it")
AGAINST, WHY = "against", "all_the_same"
UNKNOWN = "Whoever let the patient go did not know of it: were they watched long enough, and when may they drive?"


def weighed(*rules: Callable[[], object], given: bool, why: str) -> dict[str, Any]:
    """What the line of the dose says of it. `given`: it is told afterwards, with the time at which it was given."""
    found: list[Refusal] = []
    for rule in rules:
        try:
            rule()
        except Refused as refused:
            if not given:
                raise
            found += refused.refusals
    if found and not why.strip():
        ask = Refusal(WHY, "Why it was given all the same is empty.", "If it was given, write why.", "missing")
        raise Refused([*(replace(one, remedy="") for one in found), ask])
    return {AGAINST: [in_words(one) for one in found], WHY: why.strip()} if found else {}


def in_words(one: Refusal) -> str:
    whole = one.rule[:1].isupper() or one.rule[:1].isdigit()
    return (one.rule if whole else f"{one.field.replace('_', ' ')} {one.rule}").rstrip(".")


def owe_a_look(session: Session, body: Mapping[str, Any], *, by: Actor, at: datetime) -> None:
    """Whoever ordered the dose hears of it; why it was given stands in the session and in no list of duties. So it is
    where nothing spoke against it and they went home as if it had not been: nobody knew then how long to watch them."""
    found, unknown = body.get(AGAINST, ()), session.left_at is not None
    if not found and not unknown:
        return
    title = "given although something spoke against it" if found else "charted only after the patient had left"
    why = [f"Against it: {'; '.join(found)}"] if found else []
    open_look(session, f"Look at a dose that was {title}", " ".join([UNKNOWN, *why] if unknown else why), by=by, at=at)


def owe_a_look_at_the_start(session: Session, *, by: Actor, at: datetime) -> None:
    """They went home by another time of the start than stands now."""
    open_look(session, "Look at a dose whose start was put right after they had left", UNKNOWN, by=by, at=at)


def owe_a_look_at_the_checks(session: Session, *, by: Actor, at: datetime) -> None:
    """The watch could not be read when the start was put right, and still asks by the time that stood before."""
    words = "The alarm watch still asks by the time that stood before: go by the clock of the page."
    open_look(session, "Look at the checks of a dose whose start was put right", words, by=by, at=at)


def open_look(session: Session, title: str, why: str, *, by: Actor, at: datetime) -> None:
    duties.open_duty(
        kind=LOOK,
        title=title,
        why=why[:300],
        link=f"/sessions/{session.visit_id}/",
        patient=session.visit.patient,
        visit_id=session.visit_id,
        owner_role=Role.RX,
        due_at=at,
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )
