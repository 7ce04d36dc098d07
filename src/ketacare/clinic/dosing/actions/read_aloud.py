"""What a dose waits for last: the double check and the time-out; of a second one, its time after the first."""

from __future__ import annotations

from datetime import datetime, timedelta

from ketacare.clinic.dosing.actions.typed_minute import its_minute_ends
from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.dosing.queries import timeline
from ketacare.clinic.dosing.queries.ordered import Ordered
from ketacare.clinic.dosing.queries.syringes import Syringe
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.protocols.reader import time_out_lasts
from ketacare.medicine.protocols.terms import SecondDose


def checked_order(syringe: Syringe) -> Ordered:
    """The order whose syringe was checked."""
    if syringe.order is None or syringe.check is None or not syringe.check.body["matched"]:
        raise Refused(Refusal("Start", "needs a matching double check.", "Ask a second person.", "policy"))
    return syringe.order


def require_time_out(session: Session, syringe: Syringe, at: datetime, done_at: datetime | None = None) -> None:
    """After the check, and fresh when it is given, or was."""
    pause, when, check = time_out_before(session, done_at), done_at or at, syringe.check
    assert check is not None  # the order was found by it
    if done_at is not None and check.recorded_at >= its_minute_ends(done_at):
        raise Refused(Refusal("Dose", "was checked only after it was given.", "", "policy"))
    if pause is None or pause.recorded_at < check.recorded_at or when - pause.recorded_at > time_out_lasts():
        rule = f"needs a time-out in the last {time_out_lasts() // timedelta(minutes=1)} minutes."
        raise Refused(Refusal("Start", rule, "Read it aloud again.", "policy"))


def time_out_before(session: Session, done_at: datetime | None) -> TimelineEntry | None:
    """The last, or the last before a dose that was given then."""
    if done_at is None:
        return timeline.latest(session.visit, Kind.TIME_OUT)
    read = timeline.standing(session.visit, Kind.TIME_OUT)
    before = [row for row in read if row.recorded_at < its_minute_ends(done_at)]
    return max(before, key=lambda row: row.recorded_at, default=None)


def require_its_time(session: Session, rule: SecondDose, when: datetime) -> None:
    assert session.started_at is not None
    after = when - session.started_at
    earliest, latest = (timedelta(minutes=float(one.amount)) for one in (rule.earliest, rule.latest))
    if not earliest <= after <= latest:
        words = f"The second dose is given {rule.earliest} to {rule.latest} after the first."
        raise Refused(Refusal("Second dose", words, "Wait until then; after it, waste what was drawn.", "policy"))
