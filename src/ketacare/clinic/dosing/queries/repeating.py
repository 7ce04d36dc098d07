"""The pressure that is due once more, and what the dose is to do until then, in the words of how it is given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ketacare.clinic.dosing.models import Session, SessionState, TimelineEntry
from ketacare.clinic.dosing.queries import dose, schedule, syringes
from ketacare.clinic.dosing.queries.ordered import Ordered
from ketacare.clinic.monitoring import queries as monitoring
from ketacare.clinic.monitoring.queries import Standing
from ketacare.medicine.monitoring.rules.due import RepeatOwed
from ketacare.medicine.monitoring.terms import Channel, Kind, Priority, Side

PAUSE, STOP, DECIDED = "pause", "stop", "decided"
MEDIUM = Priority.MEDIUM
SECOND_READING = "a second reading confirms the line."
NO_MORE = "No more today unless the prescriber says so."


@dataclass(frozen=True)
class Again:
    """When the pressure is due again, and what is asked of the dose meanwhile; never an alarm itself."""

    by: datetime
    late: bool
    every_min: int
    settled: bool
    act: str  # "pause", "stop", "decided" or nothing
    words: str  # what the hand does, and does not; empty with no act


def again(session: Session, order: Ordered, owed: RepeatOwed | None, at: datetime) -> Again | None:
    """Only while something more is to come is there anything to pause, to stop or to hold."""
    if owed is None or session.left_at is not None:
        return None
    said = words_by_act(session, order, at)
    act = STOP if owed.stop else PAUSE if owed.pause else ""
    words = said.get(act, "")
    if act == STOP and words and (went_on := gone_on(session)) is not None:
        act, words = since_gone_on(session, went_on)
    every = int(owed.every.total_seconds() // 60)
    return Again(owed.due_at, at > owed.due_at, every, owed.settled, act if words else "", words)


def words_by_act(session: Session, order: Ordered, at: datetime) -> dict[str, str]:
    """A pump is paused and stopped; a next piece is not given; a second injection is held. One already paused is not
    paused again."""
    said: dict[str, str] = {}
    under_way = session.state in (SessionState.RUNNING, SessionState.PAUSED)
    if under_way and order.infused:
        said = {
            PAUSE: "Pause the pump and repeat. If the repeat confirms it, stop.",
            STOP: f"Stop the infusion: {SECOND_READING} {NO_MORE}",
        }
    elif under_way and order.one_by_one:
        said = {
            PAUSE: f"Give no further {order.piece} and repeat. If the repeat confirms it, end the dose here.",
            STOP: f"Give no more today unless the prescriber says so: {SECOND_READING}",
        }
    elif second_to_come(session, at):
        said = {
            PAUSE: "Hold the second injection and repeat. If the repeat confirms it, give no more today.",
            STOP: f"Hold the second injection: {SECOND_READING} {NO_MORE}",
        }
    return {act: words for act, words in said.items() if act == STOP or session.state != SessionState.PAUSED}


def gone_on(session: Session) -> TimelineEntry | None:
    """The prescriber's word that a confirmed pressure does not end the dose, while the pump runs by it."""
    turns = [row for row in dose.steps_of(session) if row.name in (dose.PAUSE, dose.RESUME)]
    return turns[-1] if turns and turns[-1].body.get("over_pressure") else None


def since_gone_on(session: Session, went_on: TimelineEntry) -> tuple[str, str]:
    """What was decided, by whom and when; of a pressure beyond the line that was taken since nobody has decided."""
    who = went_on.recorded_by.name if went_on.recorded_by else "The prescriber"
    when = f"{went_on.happened_at.astimezone(ZoneInfo(session.visit.clinic.zone)):%H:%M}"
    newest = monitoring.latest(session.visit).get(Channel.NIBP_SYS)
    if newest is not None and newest.taken_at > went_on.happened_at:
        return STOP, f"Stop the infusion: it is beyond the line again since {who} went on at {when}. {NO_MORE}"
    return DECIDED, f"{who} went on at {when}, knowing of it: {went_on.body['reason'].rstrip('.')}."


# What 4.1 and 4.3 of the treatment sheet ask of a dose under way; each stands as long as its alarm does.
STOPPING = (Channel.MOAAS, Channel.SPO2)
OF_SEDATION = "Open the airway, breathing watched by capnography, prescriber now."
OF_OXYGEN = "Reposition, stimulate; if it does not rise within 30 s"


@dataclass(frozen=True)
class ToStop:
    title: str
    words: str


def to_stop(session: Session, order: Ordered, standing: Standing | None, at: datetime) -> list[ToStop]:
    """Sedation or oxygen at which a dose does not go on (H7), while anything of it is still to come."""
    end = hand_of(session, order, at)
    if session.left_at is not None or not end:
        return []
    low = low_signs(standing)
    found = []
    if Channel.MOAAS in low:
        found.append(ToStop("Deep sedation.", f"{end}. {OF_SEDATION}"))
    if Channel.SPO2 in low:
        found.append(ToStop("Oxygen low.", f"{OF_OXYGEN}: {end[0].lower()}{end[1:]}."))
    return found


def low_signs(standing: Standing | None) -> set[Channel]:
    """Those at which a dose stops, as they alarm now."""
    return {
        one.channel
        for one in (standing.conditions if standing is not None else ())
        if one.kind is Kind.PHYSIOLOGICAL and one.present and one.side is Side.LOW and (one.priority or 0) >= MEDIUM
        and one.channel in STOPPING
    }  # fmt: skip


def hand_of(session: Session, order: Ordered, at: datetime) -> str:
    """What ends the dose by the way it is given; nothing where nothing more is to come."""
    if session.state in (SessionState.RUNNING, SessionState.PAUSED):
        return "Stop the infusion" if order.infused else f"Give no further {order.piece}" if order.one_by_one else ""
    return "Give no second injection" if second_to_come(session, at) else ""


def second_to_come(session: Session, at: datetime) -> bool:
    """Ordered or drawn and not given; or not ordered yet, while its time after the first has not run out."""
    rule = schedule.protocol_of(session).second
    if rule is None or session.state != SessionState.RECOVERY or session.started_at is None:
        return False
    stage = syringes.syringe_of(session, syringes.SECOND).stage
    if stage is syringes.Stage.NONE:
        return at <= session.started_at + timedelta(minutes=float(rule.latest.amount))
    return stage is not syringes.Stage.GIVEN
