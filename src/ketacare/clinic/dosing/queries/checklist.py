"""The readiness list as a page shows it: each item with its answer so far, what it decides, and what is asked next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from ketacare.clinic.candidacy.queries import disputed, kinds
from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.dosing.queries import facts, readiness, reconciling, risk_today, timeline
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, may
from ketacare.clinic.safety.reasons import reason_words
from ketacare.clinic.scheduling.models import Visit
from ketacare.medicine.candidacy.rules import with_titles
from ketacare.medicine.candidacy.rules.medicines import UNMATCHED
from ketacare.medicine.candidacy.terms import Awaited, FactKind, PressureLines
from ketacare.medicine.evidence.terms import Decision, Effect, FactValue, Reason, Result
from ketacare.medicine.quantities.terms import Weight

ITEMS = {
    "concern": ("Signs of danger", ("CON-01",)),
    "follow_up": ("Reviews and questions before the dose", ("FUP-01", "FUP-02")),
    "identity": ("Identity", ("RD-01",)),
    "consent": ("Consent", ("RD-02",)),
    "risk": ("Suicide risk today", ("RD-18",)),
    "state": ("How the patient is", ("RD-14", "RD-17", "RD-19")),
    "today": ("Asked today", ()),
    "escort": ("Escort", ("RD-03",)),
    "fasting": ("Food and drink", ("RD-09", "RD-10", "RD-11")),
    "pregnancy": ("Pregnancy", ("RD-12",)),
    "medicines": ("Medicines", ("RD-13",)),
    "allergies": ("Allergies", ("RD-16",)),
    "candidacy": ("Decision to treat and clearances", ("CLR-01",)),
    "records": ("Register and last session", ("RD-15", "RD-22")),
    "weight": ("Weight", ("RD-08",)),
    "vitals": ("Vital signs", ("RD-04", "RD-05", "RD-06", "RD-07")),
    "room": ("Room, staff, access and closing time", ("RD-20", "RD-21", "RD-23", "RD-24")),
}


@dataclass(frozen=True)
class Row:
    """One item. `state`: go, prescriber, no_go, unknown, lifted; the worst of its checks."""

    item: str
    title: str
    state: str
    reasons: tuple[Reason, ...]
    entry: TimelineEntry | None
    open: bool
    lifted: str = ""
    known: str = ""
    more: tuple[str, ...] = ()  # what `known` had no room for

    @property
    def words(self) -> str:
        """What holds back, the worst first: a milder finding is not hidden behind a graver one."""
        told = sorted(self.reasons, key=lambda reason: STATES.index(state_of(reason)))
        telling = [told_of(reason) for reason in told if state_of(reason) in (self.state, *HELD)]
        return "; ".join(telling or [reason.words for reason in self.reasons])


COMPUTED = ("concern", "follow_up")  # by the record alone; no answer here settles them

STATES = ("no_go", "unknown", "prescriber", "lifted", "go")
HELD = STATES[:3]


def told_of(reason: Reason) -> str:
    """The names of missing facts add nothing to the question itself."""
    return reason.words.split(" (")[0] if state_of(reason) == "unknown" else reason.words


def state_of(reason: Reason) -> str:
    if reason.cleared:
        return "lifted"
    if reason.result is Result.UNKNOWN:
        return "unknown"
    if reason.result is Result.NOT_MET:
        return "go"
    return "no_go" if reason.effect is Effect.STOP else "prescriber"


def rows(session: Session, decision: Decision, lifted: dict[str, str], *, at: datetime, refused: str = "") -> list[Row]:
    """In the order they are asked; the first unanswered one is open."""
    answers = timeline.latest_by_name(session.visit, Kind.FACT)
    reasons = {reason.criterion: reason for reason in decision.reasons}
    made: list[Row] = []
    for item, (title, checks) in ITEMS.items():
        here = tuple(reasons[check] for check in checks if check in reasons)
        if item in COMPUTED and not here:  # the list this course began with does not ask it
            continue
        state = min((state_of(reason) for reason in here), key=STATES.index, default="unknown")
        if item == TODAY:
            state = today_state(session, reasons.get(readiness.CLEARANCES), at)
        first_open = state == "unknown" and not refused and not any(row.open for row in made)
        made.append(
            Row(
                item=item,
                title=title,
                state=state,
                reasons=here,
                entry=answers.get(item),
                open=first_open or refused == item,
                lifted="; ".join(lifted[check] for check in checks if check in lifted),
                known=odd_words(session, here, at) or known_words(item, session, answers.get(item), at),
                more=tuple(changes_told(session, at)[NAMED:]) if item == "candidacy" else (),
            )
        )
    return made


TODAY = "today"


def today_state(session: Session, decision: Reason | None, at: datetime) -> str:
    """What only this day can answer: open while one of it holds, else as what was answered stands."""
    found = readiness.today(session, at)
    if found is None or found.day.open:
        return "unknown"
    held = [one for one in found.day.reasons if one.holds_back and one.effect is not Effect.CAUTION]
    if not held:
        return "go"
    if decision is not None and decision.cleared:
        return "lifted"
    stopping = {one.criterion for one in found.stopping}  # needs more than the prescriber's word
    return min(("no_go" if one.criterion in stopping else state_of(one) for one in held), key=STATES.index)


def today_words(session: Session, at: datetime) -> str:
    """What is still to ask, by name, or what the answers come to."""
    found = readiness.today(session, at)
    if found is None:
        return "Nobody has accepted this person for treatment"
    if found.day.open:
        return f"To ask: {'; '.join(kinds()[name].title for name in found.day.open)}"
    stopping = {one.criterion for one in found.stopping}
    held = sorted((one for one in found.day.reasons if one.holds_back), key=lambda one: one.criterion not in stopping)
    return "; ".join(in_words(one) for one in held)


def in_words(reason: Reason) -> str:
    """By the titles of what it lacks; no answer here settles what two records say differently."""
    if disputed(reason):
        return f"{reason.title}: two records disagree, a prescriber rules between them on the evaluation page"
    return with_titles(reason.words, kinds())


def candidacy_words(session: Session, at: datetime) -> str:
    """What has changed since this person was accepted, the first of it by name."""
    told = changes_told(session, at)
    more = len(told) - NAMED
    return "; ".join([*told[:NAMED], *([f"and {more} more"] if more > 0 else [])])


def changes_told(session: Session, at: datetime) -> list[str]:
    return [with_titles(words, kinds()) for words in readiness.changed_since(session, at)]


@dataclass(frozen=True)
class Waiting:
    """A concern that no clinician has decided, in the words it was raised with."""

    pk: UUID
    raised_at: datetime
    words: str


def concerns(actor: Actor, session: Session) -> list[Waiting]:
    """For whoever may read concerns; the row itself says to everybody here that something waits."""
    if not may(actor, "concerns", "R"):
        return []
    found = readiness.undecided(session.visit.patient)
    return [Waiting(one.pk, one.raised_at, reason_words(one.reason_code)) for one in found]


@dataclass(frozen=True)
class OfTheDay:
    """One question of the day as it is put, with what was answered today; `before`: when such an event last was, as it
    stood on record when the day began."""

    kind: FactKind
    choices: tuple[tuple[str, str], ...]
    answered: str
    before: date | None = None


SAME = "same"  # nothing since the event that is on record
PRESSED = {
    "yes or no": (("yes", "Yes"), ("no", "No")),
    "hours or no": (("no", "Not in the last days"),),
    "date or no": (("no", "No, never"),),
}


def questions(session: Session, at: datetime) -> list[OfTheDay]:
    found = readiness.today(session, at)
    said = {fact.name: fact.value for fact in facts.recorded(session.visit, Kind.FACT)}
    if found is None:
        return []
    before = found.day.on_record
    return [asked(kinds()[name], said.get(name), before.get(name)) for name in found.day.questions]


def asked(kind: FactKind, said: FactValue | None, before: date | None = None) -> OfTheDay:
    choices = PRESSED.get(kind.kind) or tuple((one, one[:1].upper() + one[1:]) for one in kind.choices)
    if before is not None:
        choices = ((SAME, f"None since {before:%d-%b-%Y}"),)
    told = "" if said is None else SAME if said == before else answered(said)
    return OfTheDay(kind, choices, told, before)


def answered(said: FactValue) -> str:
    if isinstance(said, bool):
        return "yes" if said else "no"
    return f"{said:f}" if isinstance(said, Decimal) else str(said)


def odd_words(session: Session, reasons: tuple[Reason, ...], at: datetime) -> str:
    return readiness.AT_ODDS if any(readiness.at_odds(session, reason, at) for reason in reasons) else ""


def after(item: str) -> str:
    """The item asked next, so that a page opens there."""
    names = list(ITEMS)
    place = names.index(item) if item in names else -1
    return names[min(place + 1, len(names) - 1)]


def known_words(item: str, session: Session, entry: TimelineEntry | None, at: datetime) -> str:
    """What was answered, in a few words beside the title."""
    if item == "weight":
        return weight_words(session.visit)
    if item == "vitals":
        return vitals_words(session, at)
    if item == TODAY:
        return today_words(session, at)
    if item == "candidacy":
        return candidacy_words(session, at)
    if item == "risk":
        return risk_words(session, entry, at)
    if entry is None:
        return ""
    found = {name: kept["value"] for name, kept in entry.body.get("facts", {}).items()}
    parts: list[Any] = []
    if item == reconciling.ITEM:
        parts = medicines_words(session, at)
    if item == "escort" and found.get("escort_name"):
        parts = [found["escort_name"], found.get("escort_relation"), found.get("escort_phone"),
                 f"arrives {found['escort_arrives']}" if found.get("escort_arrives") else None]  # fmt: skip
    if item == "fasting":
        parts = [hours_words(found, at, name, label) for name, label in FASTED]
    return ", ".join(part for part in [*parts, entry.words] if part)


def risk_words(session: Session, entry: TimelineEntry | None, at: datetime) -> str:
    """What is on record of today, each with who asked, and the words that were written down here."""
    told = [f"{one.tier}: {one.words}" for one in risk_today.on_record(session.visit, at)]
    return "; ".join([*told, *([entry.words] if entry is not None and entry.words else [])])


NAMED = 3  # reasons told on the list itself; the page of the item has all of them


def medicines_words(session: Session, at: datetime) -> list[str]:
    """What of the list holds the dose back, by name: a medicine nobody knows is told as that, not as a harmful one."""
    found = reconciling.checked(session, at, session.visit.clinic.zone)
    unknown_first = sorted(found.holding, key=lambda one: one.criterion != UNMATCHED)
    told = list(dict.fromkeys(told_of(one) for one in unknown_first))
    more = len(told) - NAMED
    accepted = [f"{entry.name}: not checked, accepted by {entry.accepted_by}" for entry in found.unchecked.values()]
    return [*accepted, *told[:NAMED], *([f"and {more} more"] if more > 0 else [])]


FASTED = (("solids_at", "food"), ("clear_fluids_at", "clear drink"))


def hours_words(found: dict[str, Any], at: datetime, name: str, label: str) -> str:
    """How long ago, as it stands now."""
    if name not in found:
        return f"{label} not known"
    minutes = int((at - datetime.fromisoformat(found[name])).total_seconds() // 60)
    return f"last {label} {minutes // 60} h {minutes % 60:02d} min ago"


MEASURED = {"hr": ("HR", "/min"), "spo2": ("SpO2", "%"), "rr": ("breaths", "/min"), "temp": ("temperature", "°C")}


def vitals_words(session: Session, at: datetime) -> str:
    """What was measured; the reasons say what follows from it."""
    taken = readiness.pressures(session, at)
    parts = [" then ".join(str(pressure) for pressure in taken) + " mmHg"] if taken else []
    for fact in readiness.latest_values(session.visit, at):
        label, unit = MEASURED[fact.name]
        parts.append(f"{label} {fact.value.normalize():f} {unit}" if isinstance(fact.value, Decimal) else "")
    return ", ".join(parts)


def weight_words(visit: Visit) -> str:
    now, dosing = people.latest_measure(visit.patient), readiness.dosing_weight(visit)
    if now is None:
        return ""
    words = f"{Weight(now.weight_kg).written_both()}"
    return f"{words}, dosing weight {dosing.written()}" if dosing else words


def height_cm(visit: Visit) -> Decimal | None:
    row = people.latest_height(visit.patient)
    return row.height_cm if row else None


@dataclass(frozen=True)
class Repeat:
    """A raised pressure is repeated after a rest, a very high one at once; the mean of the last two decides."""

    due_at: datetime
    left_s: int
    words: str


def wait(awaited: Awaited, lines: PressureLines) -> tuple[int, str]:
    """Minutes until the next reading, by the lines the course began with, and what is done until then."""
    return {
        Awaited.AT_ONCE: (0, "Very high: take it again at once. Both are kept."),
        Awaited.AFTER_REST: (
            lines.rest_minutes,
            f"Rest {lines.rest_minutes} minutes seated, then take it again. Both are kept.",
        ),
        Awaited.ONCE_MORE: (
            lines.again_minutes,
            f"Still raised: rest {lines.again_minutes} minutes, other arm, then a third. The mean of the last two "
            "decides.",
        ),
    }[awaited]


def repeat_due(session: Session, at: datetime) -> Repeat | None:
    """After a raised reading, whenever it came: when to take the next."""
    awaited = readiness.awaited(session, at)
    if awaited is None:
        return None
    minutes, words = wait(awaited, readiness.pressure_lines(session))
    taken = readiness.pressures(session, at)
    due_at = taken[-1].taken_at + timedelta(minutes=minutes)
    if taken[-1] != readiness.sittings(session, at)[-1]:
        words = f"{taken[-1]} came too soon to be a repeat: the worse of them counts. {words}"
    return Repeat(due_at, max(0, int((due_at - at).total_seconds())), words)
