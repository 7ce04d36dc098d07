"""What goes home on paper after a dose, for the patient and for who takes them home: from the record and its sheet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ketacare.clinic.candidacy import queries as candidacy
from ketacare.clinic.candidacy.models import ListState
from ketacare.clinic.candidacy.queries.medicines import ShownMedicine
from ketacare.clinic.candidacy.queries.medicines_sheet import Sheet, kind_of
from ketacare.clinic.candidacy.queries.plain_words import written_day
from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.dosing.queries import emergencies, going_home, ordered, timeline
from ketacare.clinic.people import queries as people
from ketacare.clinic.pharmacy import queries as ledger
from ketacare.clinic.tenancy.help import crisis_line
from ketacare.medicine.candidacy.terms.medicines import Action, Does
from ketacare.medicine.careplan.reader import LANGUAGES, take_home
from ketacare.medicine.careplan.terms import Topic
from ketacare.medicine.quantities.terms import Mass

PATIENT, ESCORT = "patient", "escort"
GROUPS = ("again", "wait", "ask", "usual")


@dataclass(frozen=True)
class Number:
    """Whose it is, as it stands on paper, and what a telephone dials; empty where nobody has written it down."""

    whose: str
    words: str
    dial: str


@dataclass(frozen=True)
class Part:
    """A heading, its sentences, and the number that stands beside it."""

    id: str
    title: str
    sentences: tuple[str, ...]
    number: Number | None


@dataclass(frozen=True)
class Taken:
    """What to do with one's own medicines, and which."""

    words: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Paper:
    """One sheet of paper, every word of it in one language. Without a score, and without a word of staff's own."""

    kind: str
    version: str
    language: str
    title: str
    name: str
    born: str
    at_dose: str
    given: tuple[str, ...]
    drive: str
    stay: str
    parts: tuple[Part, ...]
    medicines: tuple[Taken, ...]
    coming: str
    numbers: tuple[Number, ...]

    def label(self, key: str) -> str:
        return say(self.language, key)


def say(language: str, key: str, **values: str) -> str:
    return take_home().labels[key][language].format(**values)


def language_for(session: Session, asked: str = "") -> str:
    """As asked, else as the patient reads; English where the sheet has no other."""
    wanted = (asked or candidacy.language_of(session.visit.patient))[:2]
    return wanted if wanted in LANGUAGES else "en"


def is_ready(session: Session) -> bool:
    """Before the dose has ended nobody knows what was given, nor from when it counts."""
    return session.started_at is not None and session.dose_ended_at is not None


def paper(
    session: Session, kind: str, language: str, *, at: datetime, zone: str, dose: bool = True, listed: bool = True
) -> Paper:
    """`dose`, `listed`: may the reader know what was given, and what else is taken?"""
    sheet, visit, clock = take_home(), session.visit, Sheet(language, zone)
    person = people.identity(visit.patient)
    numbers = numbers_of(session, language)
    topics = sheet.patient if kind == PATIENT else sheet.escort
    coming = candidacy.next_dose_visit(visit.patient, at)
    assert session.started_at is not None
    return Paper(
        kind=kind,
        version=sheet.header.version,
        language=language,
        title=say(language, f"{kind}_title"),
        name=f"{person.given} {person.family}",
        born=written_day(person.born_on, language),
        at_dose=clock.when(session.started_at),
        given=given(session, language, zone) if kind == PATIENT and dose else (),
        drive=drive(session, clock) if kind == PATIENT else "",
        stay=stay(session, clock) if kind == ESCORT else "",
        parts=tuple(part_of(topic, language, numbers) for topic in topics),
        medicines=medicines(session, language, at=at, zone=zone) if kind == PATIENT and listed else (),
        coming=clock.when(coming.starts_at) if coming else say(language, "no_next"),
        numbers=tuple(numbers.values()),
    )


def numbers_of(session: Session, language: str) -> dict[str, Number]:
    """A number that nobody has written down leaves a line to write it on."""
    clinic = session.visit.clinic
    line = crisis_line(clinic, language)
    known = {
        "emergency": (line.emergency, line.emergency) if line else ("", ""),
        "clinic": (clinic.telephone, clinic.telephone),
        "night": ("", ""),  # nobody has told us one: it is written by hand
        "crisis": (f"{line.name} {line.call}", line.call) if line else ("", ""),
    }
    return {
        name: Number(say(language, name), words or "____________", digits) for name, (words, digits) in known.items()
    }


def part_of(topic: Topic, language: str, numbers: dict[str, Number]) -> Part:
    sentences = tuple(one.words[language] for one in topic.passages)
    return Part(topic.id, topic.title[language], sentences, numbers.get(topic.number))


def drive(session: Session, clock: Sheet) -> str:
    free_at, left = going_home.drive_from(session), timeline.latest(session.visit, Kind.RELEASE)
    if free_at is None or (left is not None and left.body.get("way") in going_home.UNTOLD_OF_DRIVING):
        return say(clock.language, "drive_unknown")
    return say(clock.language, "drive", when=clock.when(free_at))


def stay(session: Session, clock: Sheet) -> str:
    """By the clock once they have left; before that the hours stand in the sheet alone."""
    if session.left_at is None:
        return ""
    return say(
        clock.language, "stay_until", when=clock.when(session.left_at + timedelta(hours=take_home().stays.integer))
    )


def given(session: Session, language: str, zone: str) -> tuple[str, ...]:
    """Drug, milligrams, way and time of the dose; then what was given beside it."""
    order, here = ordered.order_of(session.visit), ZoneInfo(zone)
    assert session.started_at is not None
    assert session.dose_ended_at is not None
    labels = take_home().labels
    first, last = (f"{moment.astimezone(here):%H:%M}" for moment in (session.started_at, session.dose_ended_at))
    span = first if first == last else f"{first}–{last}"
    lines = []
    if order is not None:
        drug = say(language, "esketamine" if order.drug == "esketamine" else "ketamine")
        route = say(language, order.route) if order.route in labels else order.route_words
        mg = Mass(ledger.amounts_of(session.visit).given_mg).written()
        lines.append(f"{drug} {mg}, {route}, {span}")
    beside = [(row.happened_at, beside_words(row)) for row in timeline.standing(session.visit, Kind.MEDICINE)]
    in_emergency = timeline.standing(session.visit, Kind.EMERGENCY)
    beside += [(row.happened_at, row.words) for row in in_emergency if row.name == emergencies.DRUG]
    return (*lines, *(f"{words}, {moment.astimezone(here):%H:%M}" for moment, words in sorted(beside)))


def beside_words(row: TimelineEntry) -> str:
    return f"{row.body['name']} {row.body['amount']} {row.body['unit']}"


def medicines(session: Session, language: str, *, at: datetime, zone: str) -> tuple[Taken, ...]:
    """What was held and what goes on, as the medicines sheet judges each; of what makes sleepy they ask first."""
    patient, told = session.visit.patient, take_home().medicines
    row = candidacy.medicines(patient)
    if row is None or row.state == ListState.NOT_ASKED:
        return (Taken(told["unknown"][language], ()),)
    if row.state == ListState.NONE:
        return ()
    case = candidacy.case_now(patient, at=at, zone=zone)
    shown = candidacy.shown_medicines(row, case, candidacy.sheet(patient)).medicines
    named = {name: names_in(name, shown) for name in GROUPS}
    return tuple(
        Taken(told[name][language], () if name == "usual" else names) for name, names in named.items() if names
    )


def names_in(group: str, shown: Iterable[ShownMedicine]) -> tuple[str, ...]:
    return tuple(sorted((one.entry.name for one in shown if group_of(one) == group), key=str.casefold))


def group_of(one: ShownMedicine) -> str:
    kind = kind_of(one)
    if kind == "leave" and one.judged.action is Action.STOP:
        return "wait"
    if kind in ("leave", "after"):
        return "ask" if Does.SEDATION in one.judged.does else "again"
    return "usual" if kind == "usual" else "ask"


def counted_on(session: Session, zone: str) -> dict[str, Any]:
    """What a sheet says that may change under it: from when they drive, and what was given."""
    free_at = going_home.drive_from(session)
    return {"drive_from": free_at.isoformat() if free_at else None, "given": list(given(session, "en", zone))}


def is_out_of_date(session: Session, zone: str) -> bool:
    """Does the newest that was printed for the patient say otherwise than the record does now?"""
    newest = next((row for row in printed(session) if row.name == PATIENT), None)
    return newest is not None and newest.body["says"] != counted_on(session, zone)


def printed(session: Session) -> list[TimelineEntry]:
    """What was printed, by whom and in which version, the newest first."""
    return list(reversed(timeline.standing(session.visit, Kind.TAKE_HOME)))
