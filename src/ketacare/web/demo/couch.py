"""What Jo and her therapist have written between the doses of the demo."""

from __future__ import annotations

from datetime import datetime, timedelta

from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.therapy import actions as therapy
from ketacare.clinic.therapy import queries

GOALS = (
    ("Up by nine and out for ten minutes", "sleep", "3", "2",
     ("In bed past noon", "Up by noon", "Up by nine, out on four days", "Out daily", "Out daily with somebody"),
     {"measure": "Days of seven on which I was outside by ten", "confidence": "8", "first_step": "Shoes by the bed",
      "helper": "Ana, who calls at nine", "obstacle": "it rains", "if_then": "I stand in the doorway for ten minutes"}),
    ("One evening a week with the children, phone away", "connection", "3", "1",
     ("Not at all", "Once a month", "Once a week", "Twice a week", "Most evenings"),
     {"measure": "Evenings a week with the phone in the drawer", "confidence": "9",
      "first_step": "Ask them which evening"}),
    ("Back to two mornings of work", "work", "2", "3",
     ("No contact with work", "Has called the office", "One morning a week", "Two mornings", "Three or more"),
     {"measure": "Mornings a week at the office", "confidence": "7", "first_step": "Write down the number",
      "helper": "Priya from work", "obstacle": "I have slept badly", "if_then": "I go for one hour and say so"}),
)  # fmt: skip
# By the end of a course of six, and the weeks after it.
GOAL_DAYS = 56


def prepare(staff: dict[str, Actor], patient: Patient, at: datetime) -> None:
    therapy.write_preparation(
        patient=patient,
        said={
            "minutes": "60",
            "intention": "To stand in the kitchen of the old house without running away.",
            "expectations": "Hopes to sleep through. Knows that it may not help.",
            "worries": "Losing control; being seen crying.",
            "setting": "Blinds half down, two blankets",
            "people": "Noor and Teo, nobody else",
            "mood": "3",
            "must_know": "Starts at sudden voices; say your name first.",
        },
        checklist=["measures", "consent", "ride", "music", "touch", "stop", "intention", "expectations"],
        shown=["intention", "setting", "people"],
        by=staff["TH"],
        at=at,
    )
    by_on = (local_day(at, staff["TH"].zone) + timedelta(days=GOAL_DAYS)).isoformat()
    for title, domain, importance, difficulty, levels, agreed in GOALS:
        words = dict(zip(("level-2", "level-1", "level0", "level1", "level2"), levels, strict=True))
        said = {"title": title, "domain": domain, "importance": importance, "difficulty": difficulty, "start": "-1"}
        said |= words | agreed | {"by_on": by_on}
        therapy.write_goal(patient=patient, said=said, by=staff["TH"], at=at)


def afterwards(staff: dict[str, Actor], patient: Patient, number: int, met_at: datetime, at: datetime) -> None:
    """At the visit after a dose: goals scaled, and one small act given."""
    levels = {goal.case: ("-1", "0", "1")[min(number - 1, 2)] for goal in queries.goals(patient)[: number + 1]}
    therapy.scale_goals(patient=patient, levels=levels, by=staff["TH"], at=met_at)
    act = ("Ten minutes outside before breakfast", "Write one line in the evening", "Play one song with the children")
    said = {
        "act": act[min(number - 1, 2)],
        "days": "4",
        "minutes": "10",
        "skill": "step",
        "first_on": local_day(met_at, staff["TH"].zone).isoformat(),
    }
    for earlier in queries.open_homework(patient, met_at):
        therapy.end_homework(homework=earlier, by=staff["TH"], at=met_at)
    homework = therapy.give_homework(patient=patient, said=said, visit=None, by=staff["TH"], at=met_at)
    for place, day in enumerate(queries.days_of(homework)[:3]):
        when = met_at + timedelta(days=place, hours=3)
        if when >= at:
            break
        therapy.tick(homework=homework, day=day, done=place != 1, mood=str(4 + place), by=staff["TH"], at=when)


def private(staff: dict[str, Actor], patient: Patient, at: datetime) -> None:
    """Each in their own name: the database lets nobody else write or read it."""
    organisation = patient.organisation_id
    tenancy.enter(organisation_id=organisation, user_id=staff["TH"].user_id)
    words = "I notice that I want to rescue her when she goes quiet. Bring it to supervision."
    therapy.write_process_note(patient=patient, words=words, by=staff["TH"], at=at)
    tenancy.enter(organisation_id=organisation, user_id=staff["PT"].user_id)
    shown, _ = therapy.write_journal(
        patient=patient, words="The light in the kitchen was kind this time. I could stay.", by=staff["PT"], at=at
    )
    therapy.share(entry=shown, by=staff["PT"], at=at + timedelta(minutes=1))
    therapy.write_journal(
        patient=patient, words="I told nobody about the letter yet.", by=staff["PT"], at=at + timedelta(hours=20)
    )
    tenancy.enter(organisation_id=organisation)
