"""What people count, in what the criteria read; and when somebody calls about an intake that is not back."""

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from ketacare.medicine.candidacy.terms.intake import IntakeLines

_TENTH = Decimal("0.1")
_DAYS = {"weeks": 7, "months": 30, "years": 365}
RESPONSE, RELAPSE, UNKNOWN = "response", "relapse", "unknown"


def units_from(drinks: Decimal, lines: IntakeLines) -> Decimal:
    """Drinks a week as units of alcohol a week."""
    if drinks < 0:
        raise ValueError(f"Drinks: {drinks} is below zero. Count them, or leave it out when it is not known.")
    return (drinks * lines.drink.value / lines.unit.value).quantize(_TENTH, ROUND_HALF_UP)


def call_at(sent_at: datetime, visit_at: datetime | None, lines: IntakeLines) -> datetime:
    """A day before the visit; without one, some days after sending. Never before it was sent."""
    if visit_at is None or visit_at <= sent_at:
        return sent_at + timedelta(hours=lines.after_sending.integer)
    return max(sent_at, visit_at - timedelta(hours=lines.before_visit.integer))


def days_from(number: Decimal, unit: str) -> int:
    """How long something lasted, in whole days; a month counts as thirty, so that no trial grows by rounding."""
    days = int(number * _DAYS[unit])
    if days < 1:
        raise ValueError(f"Duration: {number} {unit} is less than a day. Leave it out when it is not known.")
    return days


def effect_from(helped: str, stopped: str, lines: IntakeLines) -> str:
    """What an antidepressant did, from how much it helped and why it was stopped: a response that wore off on the same
    medicine is a relapse; what is not known stays unknown."""
    effect = lines.helped.get(helped, UNKNOWN)
    return RELAPSE if effect == RESPONSE and stopped == "wore_off" else effect
