"""What pauses or stops a dose: no more of it over a pressure that was not repeated or was confirmed, over deep sedation
or over low oxygen (H7, treatment 4.1, 4.3). Charted later it is held to when it was done (H17)."""

from __future__ import annotations

from datetime import datetime

from ketacare.clinic.dosing.actions.typed_minute import its_minute_ends, last_of_its_minute
from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import repeating
from ketacare.clinic.monitoring import queries as monitoring
from ketacare.clinic.monitoring import then
from ketacare.clinic.people.access import Actor, may
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.monitoring.rules.pressure import OfTheDose


def pressure(session: Session, at: datetime, done_at: datetime | None) -> OfTheDose:
    before = its_minute_ends(at if done_at is None else done_at)
    return then.pressure_of_dose(session.visit, session.started_at or before, before)


def require_pressure_settled(what: str, session: Session, by: Actor, at: datetime, done_at: datetime | None) -> None:
    """A first pressure beyond the line is repeated before anybody goes on. Once confirmed, also when it has fallen
    since, only a prescriber goes on that day: by name, and with the reason of the step."""
    judged = pressure(session, at, done_at)
    if judged.confirmed and not may(by, "plan", "S"):
        words = "waits for the prescriber: a pressure beyond the line that stops a dose was confirmed."
        raise Refused(Refusal(what, words, "Stop; or the prescriber signs in and goes on, with the reason.", "policy"))
    if judged.waits and not judged.confirmed:
        words = "waits: the pressure beyond the line that stops a dose has not been repeated."
        raise Refused(Refusal(what, words, "Repeat it; if it is confirmed, stop.", "policy"))


def refuse_over_low_signs(what: str, session: Session, at: datetime, done_at: datetime | None) -> None:
    """Sedation or oxygen at which a dose stops."""
    if done_at is None:
        low = bool(repeating.low_signs(monitoring.standing(session.visit, at=at)))
    else:
        low = then.alarmed_low(session.visit, repeating.STOPPING, done_at, last_of_its_minute(done_at))
    if low:
        words = "waits: oxygen or alertness is so low that a dose stops."
        raise Refused(Refusal(what, words, "Wait until it has risen, or stop.", "policy"))
