"""What changed since the last visit: each area of the record as it was then and as it is now, on one screen.

A question that nobody asked is told as such beside what was said: a half-asked area never reads "nothing" (H15).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any

from ketacare.clinic.candidacy import queries as candidacy
from ketacare.clinic.candidacy.models import (
    CapacityAssessment,
    ClearanceAnswer,
    ListState,
    RiskAssessment,
    RiskScreening,
)
from ketacare.clinic.outcomes import queries as outcomes
from ketacare.clinic.outcomes.models import Score
from ketacare.clinic.people.models import Allergies, BodyMeasure, Patient
from ketacare.clinic.scheduling.models import Visit

NOT_ASKED, NOTHING, NONE = "not asked", "nothing", "none"
IN_PART, NO_RECORD = "nothing in what was asked", "not on record"
# Said of a whole area: no thing of its own that is new or gone.
OF_ALL = frozenset({NOT_ASKED, NOTHING, NONE, IN_PART, NO_RECORD})
BETWEEN = "; "


@dataclass(frozen=True)
class Change:
    """One area, as it was at the last visit and as it is now; `open`: how much of it nobody has asked."""

    title: str
    before: str
    now: str
    open: str = ""

    @property
    def changed(self) -> bool:
        return self.before != self.now

    @property
    def parts(self) -> tuple[Part, ...]:
        return differences(self.before, self.now)


@dataclass(frozen=True)
class Part:
    """One thing of an area: new | changed, from `was` | gone | same."""

    state: str
    text: str
    was: str = ""


def differences(before: str, now: str) -> tuple[Part, ...]:
    """What is new, what is told otherwise and what is gone, in the order of names; then what is as it was."""
    then, today = before.split(BETWEEN), now.split(BETWEEN)
    gone = [text for text in then if text not in today]
    come = Counter(head(text) for text in today if text not in then)
    found = []
    for text in today:
        alike = [was for was in gone if head(was) == head(text)]
        if text in then:
            found.append(Part("same", text))
        elif text in OF_ALL or len(alike) != 1 or come[head(text)] != 1:
            found.append(Part("new", text))  # of several of one name nobody says which became which
        else:
            gone.remove(alike[0])
            found.append(Part("changed", text, alike[0]))
    found += [Part("gone", text) for text in gone]
    return tuple(sorted(found, key=lambda part: (part.state == "same", part.text in OF_ALL, part.text.casefold())))


def head(text: str) -> str:
    """What a part is about: the question before its answer, the name before its dose; a bare number is of its area."""
    first, colon, _ = text.partition(": ")
    named = takewhile(lambda word: not word[:1].isdigit(), first.split(" "))
    return first.casefold() if colon else " ".join(named).casefold()


@dataclass(frozen=True)
class Area:
    """Questions that are told together; `unasked`: how one of them is called that nobody asked."""

    title: str
    names: tuple[str, ...]
    unasked: str = NOT_ASKED


PREGNANCY = ("childbearing_potential", "pregnancy_test", "period_late_over_7_days", "contraception", "breast_feeding")
BLADDER = ("bladder_symptoms", "haematuria", "ketamine_cystitis", "urinalysis")
# Groups of the vocabulary as areas; what is asked of the day itself stands on the day's own list.
GROUPS = {candidacy.PLAN: "What is proposed", **candidacy.GROUPS, candidacy.EXCEPTIONS: "Paths by exception"}
DATED, PHQ9 = "date or no", "phq-9"
PLAIN_NO = frozenset({"no", "none", "negative", "normal"})


def areas() -> list[Area]:
    """Every question of the vocabulary once: events, pregnancy and bladder by themselves, the rest by its group. What
    is read from elsewhere stands there, and a day on which a form was filled in is no event."""
    asked = {name: kind for name, kind in candidacy.kinds().items()
             if kind.group in GROUPS and name not in candidacy.ELSEWHERE and not kind.to_the_day}  # fmt: skip
    events = tuple(name for name, kind in asked.items() if kind.kind == DATED and kind.told_by == "patient")
    apart = {*events, *PREGNANCY, *BLADDER}

    def rest(group: str) -> Area:
        names = tuple(name for name, kind in asked.items() if kind.group == group and name not in apart)
        return Area(GROUPS[group], names, NO_RECORD if group == "tests" else NOT_ASKED)

    special = (Area("Events", events), Area("Pregnancy", PREGNANCY), Area("Bladder", BLADDER))
    return [*special, *(rest(group) for group in GROUPS)]


def last_visit_at(visit: Visit) -> datetime | None:
    """When the last dose before this one began; before the first dose, when the person was accepted."""
    earlier = visit.patient.visits.filter(dosing__started_at__isnull=False, starts_at__lt=visit.starts_at)
    last = earlier.order_by("-starts_at").select_related("dosing").first()
    if last is not None:
        return last.dosing.started_at
    accepted = candidacy.judgement(visit.patient)
    return accepted.happened_at if accepted else None


def changes(visit: Visit, since: datetime | None, at: datetime) -> list[Change]:
    """Each area then and now, from facts that are only ever added."""
    patient, then = visit.patient, since or visit.created_at
    scales = scores_until(patient, at)
    elsewhere = {name for name, _, forms in candidacy.FROM_SCALES if any(row.instrument in forms for row in scales)}
    before, now = candidacy.said_until(patient, then), candidacy.said_until(patient, at)
    by_itself = {
        "Medicines": medicines_words,
        "Allergies": allergies_words,
        "Risk of suicide": risk_words,
        "Capacity": capacity_words,
        "Clearances": clearance_words,
        "Weight": weight_words,
    }
    told = {title: Change(title, words(patient, then), words(patient, at)) for title, words in by_itself.items()}
    return [
        *(told[title] for title in ("Medicines", "Allergies")),
        *(change_of(area, before, now, elsewhere) for area in areas()),
        *(told[title] for title in by_itself if title not in ("Medicines", "Allergies")),
        Change("Scales", scale_words(row for row in scales if row.recorded_at <= then), scale_words(scales)),
    ]


Answers = Mapping[str, candidacy.Said]


def change_of(area: Area, before: Answers, now: Answers, elsewhere: Iterable[str]) -> Change:
    unasked = [name for name in area.names if name not in now and name not in elsewhere and concerns(name, now)]
    counted = f"{len(unasked)} {area.unasked}" if unasked and len(unasked) < len(area.names) else ""
    return Change(area.title, answers_words(area, before), answers_words(area, now), counted)


def concerns(name: str, told: Answers) -> bool:
    """Whoever cannot be pregnant is asked no more of it."""
    first = told.get(PREGNANCY[0])
    return name not in PREGNANCY or first is None or any(row.answer != "no" for row in first)


def answers_words(area: Area, told: Answers) -> str:
    """What was said beside a plain no, by whichever source; nothing only where everything that concerns this person was
    asked."""
    kinds = candidacy.kinds()
    asked = [name for name in area.names if name in told]
    said = [
        f"{kinds[name].title}: {candidacy.said_in_words(told[name])}"
        for name in asked
        if any(row.answer not in PLAIN_NO for row in told[name])
    ]
    if said or not asked:
        return "; ".join(said) or area.unasked
    is_whole = all(name in told or not concerns(name, told) for name in area.names)
    return NOTHING if is_whole else IN_PART


def as_of(kind: Any, patient: Patient, at: datetime, **only: Any) -> Any:
    return kind.objects.filter(patient=patient, recorded_at__lte=at, **only).order_by("recorded_at").last()


def medicines_words(patient: Patient, at: datetime) -> str:
    row = candidacy.medicines_at(patient, at)
    if row is None or row.state == ListState.NOT_ASKED:
        return NOT_ASKED
    told = [f"{one.name} {one.how}".strip() for one in row.medicines]
    return "; ".join(sorted(told, key=str.casefold)) or NONE


def allergies_words(patient: Patient, at: datetime) -> str:
    row = as_of(Allergies, patient, at)
    if row is None:
        return NOT_ASKED
    return "; ".join(entry["substance"] for entry in row.entries) or row.get_state_display().lower()


def risk_words(patient: Patient, at: datetime) -> str:
    """The tier of the newest screener, and what a clinician found of its day or later."""
    asked, found = as_of(RiskScreening, patient, at), as_of(RiskAssessment, patient, at)
    words = [] if asked is None else [f"screener {asked.tier}" if asked.tier != "TX" else "screener not finished"]
    if found is not None and (asked is None or found.happened_at >= asked.happened_at):
        words.append(f"found {found.found}, {found.get_found_display().lower()}")
    return "; ".join(words) or NOT_ASKED


def capacity_words(patient: Patient, at: datetime) -> str:
    """The newest assessment of the four abilities by then, with what was written of a doubt."""
    row = as_of(CapacityAssessment, patient, at)
    if row is None:
        return NOT_ASKED
    held = {True: "has it", False: "does not have it", None: "not settled"}[row.holds]
    return f"{held}: {row.words}" if row.words else held


def clearance_words(patient: Patient, at: datetime) -> str:
    """The newest word on each criterion by then, with its last day."""
    rows = ClearanceAnswer.objects.filter(patient=patient, recorded_at__lte=at).order_by("recorded_at")
    newest = {(row.criterion, row.signatures): row for row in rows}
    return "; ".join(cleared_words(row) for _, row in sorted(newest.items())) or NONE


def cleared_words(row: ClearanceAnswer) -> str:
    if row.withdrawn:
        return f"{row.criterion} taken back"
    until = f" until {row.until:%d-%b-%Y}" if row.until and row.gives else ""
    return f"{row.criterion} {row.get_verdict_display().lower()}{until}"


def weight_words(patient: Patient, at: datetime) -> str:
    row = as_of(BodyMeasure, patient, at)
    return NOT_ASKED if row is None else f"{row.weight_kg.normalize():f} kg"


def scores_until(patient: Patient, at: datetime) -> list[Score]:
    rows = Score.objects.current().filter(patient=patient, recorded_at__lte=at, total__isnull=False)
    return list(rows.order_by("recorded_at"))


def scale_words(rows: Iterable[Score]) -> str:
    """The newest total of each scale, the PHQ-9 first, whether it was asked or not."""
    newest = {row.instrument: row for row in rows}
    first = newest.pop(PHQ9, None)
    told = [f"{outcomes.instrument(name).name} {total(row)}" for name, row in sorted(newest.items())]
    return "; ".join([f"PHQ-9 {NOT_ASKED if first is None else total(first)}", *told])


def total(row: Score) -> str:
    assert row.total is not None  # asked for in scores_until
    return f"{row.total.normalize():f}"
