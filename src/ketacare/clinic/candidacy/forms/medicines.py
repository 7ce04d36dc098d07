"""A medicine as it is typed: name, dose with its unit, how it is taken, when last, since when, and who says so."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.forms.days import read_day
from ketacare.clinic.candidacy.models import MedicineEntry, Source
from ketacare.clinic.tenancy import asked as once
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.candidacy.rules.doses import DoseRefused, daily_dose, question
from ketacare.medicine.candidacy.rules.formulary import matched

USES = (("daily", "Every day"), ("needed", "Only as needed"), ("", "Not known"))
_USES = {"daily": False, "needed": True}
# How long ago it was last taken, as people say it; the longest is a lower bound.
LAST = (
    ("", "Not known"),
    ("0", "Today"),
    ("1", "Yesterday"),
    ("2", "2 days ago"),
    ("3", "3 days ago"),
    ("7", "A week ago or more"),
)
_CLOCK = re.compile(r"(\d{1,2}):?(\d{2})")
_NEEDS_CLOCK = frozenset({"0", "1"})


@dataclass(frozen=True)
class When:
    """The clinic's now, in which days and clock times are read."""

    at: datetime
    zone: str

    @property
    def today(self) -> date:
        return self.at.astimezone(ZoneInfo(self.zone)).date()


def medicine_from(post: Any, when: When, was: MedicineEntry | None = None) -> MedicineEntry:
    """A medicine as this form tells it, every fault at once; nothing is kept of one that is refused."""
    faults: list[Refusal] = []
    name, form = " ".join(post.get("name", "").split()), post.get("form", "").strip()
    means = post.get("means", "").strip()
    if not name:
        faults.append(Refusal("name", "The name is empty.", "Write it as the patient says it."))
    if len(name) > _LONGEST_NAME:
        faults.append(Refusal("name", f"The name is longer than {_LONGEST_NAME} letters.", "Shorten it."))
    drug = _meant(means, faults)
    called = drug or name
    mg, dose = _dose(post, called, form, faults)
    since = _since(post, when, faults)
    last = _tried(faults, last_taken, post, when)
    told_by = post.get("told_by", "") if post.get("told_by", "") in Source.values else ""
    if faults:
        raise Refused(faults)
    return MedicineEntry(
        key=was.key if was else uuid4(),
        name=name,
        dose=dose,
        form=form,
        daily_mg=mg,
        as_needed=_USES.get(post.get("use", "")),
        last_taken_at=last,
        since=since,
        told_by=told_by,
        drug=drug,
        mapped=bool(drug),
        accepted=was.accepted if was and was.name == name else "",
        accepted_by=was.accepted_by if was and was.name == name else "",
    )


_LONGEST_NAME = 80


def _meant(means: str, faults: list[Refusal]) -> str:
    """The drug of the formulary that a person says is meant; the name as told stays beside it."""
    if not means:
        return ""
    match = matched(means, "", queries.sheet().formulary)
    if match is None:
        faults.append(
            Refusal("means", f"{means} is not in the formulary.", "Choose one from the list, or leave it open.")
        )
        return ""
    return match.drug.name


def _dose(post: Any, name: str, form: str, faults: list[Refusal]) -> tuple[Any, str]:
    typed = " ".join(post.get("dose", "").split())
    if not typed or not name:
        return None, typed
    try:
        read = daily_dose(typed, name, form, queries.sheet())
    except DoseRefused as refused:
        faults.append(Refusal("dose", refused.rule, refused.remedy))
        return None, typed
    asked = question(name, form, read.mg, queries.sheet())
    if asked:
        faults += once.question(post, "dose", f"Dose: {asked}", "", about=("dose", "name", "means", "form"))
    return read.mg, read.words


def _since(post: Any, when: When, faults: list[Refusal]) -> date | None:
    typed = post.get("since", "").strip()
    if not typed:
        return None
    try:
        since = read_day(typed, when.today).on
    except ValueError:
        faults.append(Refusal("since", f"Since: {typed!r} is not a day.", "Write it as 2026-03-14 or Mar 2026."))
        return None
    if since > when.today:
        faults.append(Refusal("since", f"Since: {since:%d-%b-%Y} is still to come.", "Correct the date."))
    return since


def _tried(faults: list[Refusal], read: Any, *arguments: Any) -> Any:
    try:
        return read(*arguments)
    except Refused as refused:
        faults += refused.refusals
        return None


def last_taken(post: Any, when: When, suffix: str = "") -> datetime | None:
    """When it was last taken: a day, and the clock for today and yesterday, where hours decide. A day without a clock
    is read as its last minute: as late as it may have been."""
    day, clock = post.get(f"last_day{suffix}", ""), post.get(f"last_clock{suffix}", "").strip()
    if day not in {value for value, _ in LAST}:
        raise Refused(Refusal(f"last_day{suffix}", "Last taken: nothing that can be chosen.", "Choose a day."))
    if not day:
        if clock:
            raise Refused(Refusal(f"last_day{suffix}", "Last taken: there is a time without a day.", "Choose the day."))
        return None
    local = when.at.astimezone(ZoneInfo(when.zone))
    on = local.date() - timedelta(days=int(day))
    if not clock:
        if day in _NEEDS_CLOCK:
            raise Refused(Refusal(f"last_clock{suffix}", "Last taken: at what time is missing.", "Write it as 0730."))
        return datetime.combine(on, time(23, 59), local.tzinfo)
    return _moment(on, clock, when, suffix)


def _moment(on: date, clock: str, when: When, suffix: str) -> datetime:
    match = _CLOCK.fullmatch(clock)
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        raise Refused(Refusal(f"last_clock{suffix}", f"Last taken: {clock!r} is not a time.", "Write it as 0730."))
    read = datetime.combine(on, time(int(match[1]), int(match[2])), ZoneInfo(when.zone))
    if read > when.at:
        raise Refused(Refusal(f"last_clock{suffix}", f"Last taken: {clock} is still to come.", "Correct day or time."))
    return read


def seen_list(post: Any) -> UUID | None:
    """The list that the person who posts was looking at."""
    text = post.get("seen", "")
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Refused(Refusal("name", "The page did not say which list it shows.", "Open it again.", "policy"))


def as_typed(entry: MedicineEntry, when: When) -> dict[str, str]:
    """An entry as its form shows it."""
    last = entry.last_taken_at.astimezone(ZoneInfo(when.zone)) if entry.last_taken_at else None
    days = (when.today - last.date()).days if last else None
    known = {value for value, _ in LAST}
    day = "" if days is None else str(days) if str(days) in known else "7" if days > 7 else "3" if days > 2 else ""
    return {
        "name": entry.name,
        "means": entry.drug if entry.mapped else "",
        "dose": entry.dose,
        "form": entry.form,
        "use": {False: "daily", True: "needed", None: ""}[entry.as_needed],
        "last_day": day,
        "last_clock": f"{last:%H%M}" if last and str(days) in known else "",
        "since": entry.since.isoformat() if entry.since else "",
        "told_by": entry.told_by,
    }
