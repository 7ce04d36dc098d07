"""`python -m bench.planning [simulation] [course] [page] [day]`: writes docs/safety/results/planning.md."""

from __future__ import annotations

import os
import random
import statistics
import sys
import time
from datetime import timedelta
from pathlib import Path

from tests.planning.invented import MONDAY, a_course, a_house, at, horizon, rules_of

from bench.planning import clinic
from ketacare.clinic.scheduling.planner import (
    Held,
    Setting,
    course_model,
    displaced_in,
    faults_after,
    propose,
    replan,
)
from ketacare.medicine.scheduling.rules import Board
from ketacare.medicine.scheduling.terms import Booked, Kind, Span

PAGE = Path(__file__).parents[2] / "docs" / "safety" / "results" / "planning.md"
SEEDS = (1, 2, 3)
COURSES, DAYS = 40, 10


def main() -> None:
    asked = sys.argv[1:] or ["simulation", "course", "page", "day"]
    parts = {"simulation": simulation, "course": courses, "page": through_page, "day": days}
    page = PAGE.read_text() if PAGE.exists() else HEAD
    for name in asked:
        page = with_part(page, name, parts[name]())
        PAGE.write_text(page)
    sys.stdout.write(page)


HEAD = """# Planning: results

Written by `python -m bench.planning`. The site of the simulation has 8 chairs, 4 nurses (each watches two chairs
while a dose acts, three in recovery), 3 therapists and 2 prescribers; 60 patients with six doses and six integration
visits begin within the first four of eight weeks. On a working day each person is ill with a chance of 4 %, each chair
broken with 2 %; a patient does not come to a visit with 5 %. The desk beside the planner books each visit at the first
free place and keeps to every rule of the site and the days between doses; it moves whoever lost a place to the next
free one.
"""


SIMULATED = (
    "A window that no visit could use because the patient did not come counts for neither. Rules broken: those of "
    "the site; a move of the desk keeps to the least days between two doses, not to the most. Aim: 95 % of "
    "windows used.",
    "",
    "Both visits of preparation are planned with each course, by the desk too, which lets the first dose begin as soon "
    "as both find a place before it. A dose that moves keeps its notice of 24 h, and the morning after a dose begins "
    "at seven. A search ends by the solver's own count here and never by the clock, so that a busy machine plays as "
    "an idle one.",
    "",
    "Told another time counts whoever gets another time and whoever gets none. *Places against the own course*: "
    "people whose new place breaks what their own course is held to, by the same checker for both: outside the "
    "window of its dose, on the day of a dose, a dose behind the one that should follow it. The planner gives no "
    "such place; where none is left it says so and the person is called. The desk has a place for nearly everybody "
    "because it gives such places.",
    "",
    "Seed 2 once left nine without a place, each of a day on which a nurse was ill: the three others watch as many "
    "chairs as one may all day, and on the days after it there was a place for the dose and none for the later doses "
    "of the same patient, which would have to move along beyond the two weeks that are planned. They now may go a week "
    "further.",
    "",
    "What was looked at in seed 3, played with three chairs a nurse. On 29 September a therapist is away and eight "
    "visits lose their place, seven of them of integration. The planner once left two of the eight without one and "
    "told 24 people. Since the later visits of all who lost a place move along, not only of those who would be left "
    "without, all eight have one and nobody else is told; no plan disturbs fewer (proven).",
)


def with_part(page: str, name: str, rows: list[str]) -> str:
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    text = "\n".join([begin, *rows, end])
    if begin in page:
        return page[: page.index(begin)] + text + page[page.index(end) + len(end) :]
    return page.rstrip() + "\n\n" + text + "\n"


def simulation() -> list[str]:
    heads = ["seed", "by", "windows used", "doses given", "chair hours empty", "disturbances",
             "told another time, each", "without a place", "places against the own course", "courses not begun",
             "visits not booked", "rules broken"]  # fmt: skip
    rows = ["## Eight weeks, the same demand for both", "", f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    course_model.SECONDS = 600.0  # only the solver's own count ends a search: a busy machine plays as an idle one
    for seed in SEEDS:
        demand = clinic.a_demand(seed, clinic.a_site())
        for planner, name in ((True, "planner"), (False, "first free")):
            found = clinic.play(demand, planner=planner)
            each = statistics.mean(found.disturbed) if found.disturbed else 0
            share = 100 * found.used / found.windows if found.windows else 0
            told = [seed, name, f"{found.used} of {found.windows} ({share:.1f} %)", found.given,
                    f"{found.idle_hours:.0f}", len(found.disturbed), f"{each:.2f}", found.without, found.against,
                    found.not_begun, found.unprepared, found.broken]  # fmt: skip
            rows.append(f"| {' | '.join(str(one) for one in told)} |")
            print(rows[-1], flush=True)
    rows += ["", *SIMULATED]
    return rows


def filled(share: float) -> list[Booked]:
    """A calendar packed as full as the rules allow, from which places are taken out at random until this share of
    it is left."""
    luck = random.Random(8)
    board = Board(SITE, horizon(weeks=6).starts, horizon(weeks=6).ends)
    doses = packed(board, Kind.DOSE, timedelta(hours=2), timedelta(minutes=15))
    work = packed(board, Kind.INTEGRATION, timedelta(hours=1), timedelta(hours=1))
    left = []
    for visits in (doses, work):
        luck.shuffle(visits)
        left += visits[: round(len(visits) * share)]
    return sorted(left, key=lambda one: one.span)


def packed(board: Board, kind: Kind, length: timedelta, step: timedelta) -> list[Booked]:
    held: list[Booked] = []
    for moment in board.starts_within(horizon(weeks=6), length, step):
        slot = Span(moment, moment + length)
        while (found := board.find(kind, slot, before=timedelta(minutes=25))) is not None:
            name = f"{kind}{len(held)}"
            one = Booked(name, name, kind, slot, found.places, found.person, found.hands_on)
            board.put(one)
            held.append(one)
    return held


SITE = a_house(MONDAY, 6, chairs=8, nurses=4, therapists=3, prescribers=2)


def courses() -> list[str]:
    held = filled(0.8)
    took, worked, placed = [], [], 0
    for number in range(COURSES):
        first = MONDAY + timedelta(days=number % 7)
        begun, ran = time.perf_counter(), time.process_time()
        made = propose(a_course(6, prepared=True), rules_of(), SITE, held, patient=f"n{number}",
                       horizon=Span(at(first, "00:00"), horizon(weeks=6).ends))  # fmt: skip
        took.append(time.perf_counter() - begun)
        worked.append(time.process_time() - ran)
        placed += not isinstance(made, Held)

    def line(name: str, seconds: list[float]) -> str:
        ordered = sorted(seconds)
        at = [ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.95)], ordered[-1]]
        return f"| {name} | {placed} of {COURSES} | {' | '.join(f'{one:.2f} s' for one in at)} | p95 1 s |"

    load, cores = os.getloadavg()[0], os.cpu_count()
    return [
        "## One course into a full calendar", "",
        "The calendar of six weeks is packed as full as the rules allow, then 20 % of its visits are taken out at "
        f"random; three alternatives asked for, {COURSES} times, each with both visits of preparation. Load {load:.1f} "
        f"on {cores} cores.", "",
        "| measured | placed | p50 | p95 | slowest | aim |", "|---|---|---|---|---|---|",
        line("by the clock, beside other work on the machine", took), line("of one core", worked),
    ]  # fmt: skip


def through_page() -> list[str]:
    """The same question as the desk asks it: by its page, from the calendar in the database."""
    from bench.ground import prepared
    from bench.planning import page

    with prepared():
        took, worked, visits = page.measured(filled(0.8))
    load, cores = os.getloadavg()[0], os.cpu_count()
    return [
        "## The same through the desk's page", "",
        f"{visits} visits of six weeks stand in the database, 80 % of what fits. The page reads them, looks for three "
        f"alternatives and writes them out; {len(took)} requests, one after another, each beginning on another day of "
        f"the week. By the clock, at a load of {load:.1f} on {cores} cores: {page.line(took)}. Of one core: "
        f"{page.line(worked)}. Aim: p95 1 s.",
    ]  # fmt: skip


def days() -> list[str]:
    """A day with 30 patients on which a nurse is ill, then one on which two chairs are broken."""
    rows = ["## A day with 30 patients, planned anew", "",
            "| what is missing | lost their place | told another time | without a place | rules broken | by the clock "
            "| of one core |",
            "|---|---|---|---|---|---|---|"]  # fmt: skip
    house = SITE
    day = MONDAY + timedelta(days=8)
    board, held = Board(house, at(day, "00:00"), at(day + timedelta(days=1), "00:00")), []
    whole = Span(at(day, "00:00"), at(day + timedelta(days=1), "00:00"))
    patients = 0
    for moment in board.starts_within(whole, timedelta(hours=2), timedelta(minutes=15)):
        while patients < 24:
            slot = Span(moment, moment + timedelta(hours=2))
            found = board.find(Kind.DOSE, slot, before=timedelta(minutes=25))
            if found is None:
                break
            one = Booked(f"d{patients}", f"q{patients}", Kind.DOSE, slot, found.places, found.person, found.hands_on,
                         "", 1)  # fmt: skip
            board.put(one)
            held.append(one)
            patients += 1
    for moment in board.starts_within(whole, timedelta(hours=1), timedelta(hours=1)):
        while patients < 30:
            slot = Span(moment, moment + timedelta(hours=1))
            found = board.find(Kind.INTEGRATION, slot)
            if found is None:
                break
            one = Booked(f"i{patients}", f"q{patients}", Kind.INTEGRATION, slot, found.places, found.person)
            board.put(one)
            held.append(one)
            patients += 1
    rules = {f"q{n}": rules_of() for n in range(patients)}
    cases = {
        "one nurse": [clinic.Event(day, person="nurse0")],
        "two nurses": [clinic.Event(day, person="nurse0"), clinic.Event(day, person="nurse1")],
        "two chairs": [clinic.Event(day, chair="chair0"), clinic.Event(day, chair="chair1")],
        "a therapist and a chair": [clinic.Event(day, person="therapist0"), clinic.Event(day, chair="chair2")],
    }
    for words, events in cases.items():
        now = house
        for event in events:
            now = clinic.without(now, event)
        span = Span(at(day, "07:00"), at(day + timedelta(days=14), "07:00"))
        setting = Setting(now, tuple(held), rules, span)
        lost = displaced_in(setting, after=span.starts)
        begun, ran = time.perf_counter(), time.process_time()
        found = replan(setting, lost)
        took, ran = time.perf_counter() - begun, time.process_time() - ran
        rows.append(
            f"| {words} | {len(lost)} of {patients} | {found.disturbed} | {len(found.without_place)} | "
            f"{len(faults_after(setting, found))} | {took:.1f} s | {ran:.1f} s |"
        )
    words = "A search ends by the solver's own count and never by the clock: a busy machine finds the same, later."
    return [*rows, "", f"Aim: 10 s. Load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores. {words}"]


if __name__ == "__main__":
    main()
