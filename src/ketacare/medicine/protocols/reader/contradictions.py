"""What no version may say that is amended or adopted today. One that counted before is read as it stands: a course has
what it began with to its end, and its sessions are drawn and watched (H19)."""

from ketacare.medicine.protocols.terms import LimitSet, Protocol

_WEEK = 7
# Of two lines of pressure that are met in another way, the graver one is not the nearer one (A16); equal is no fault.
_NOT_OVER = (
    ("high_notice", "high_medium_first"),
    ("high_notice", "high_confirmed"),
    ("high_medium_first", "high_single"),
    ("high_confirmed", "high_single"),
    ("rise_notice", "rise_medium"),
)


def crowded(read: Protocol) -> list[str]:
    """More doses a week than its days between them allow."""
    if read.per_week * read.min_days_between <= _WEEK:
        return []
    rule = f"{read.per_week} a week do not fit with {read.min_days_between} d between them"
    return [f"protocol.per_week: {rule}. Correct one."]


def crossed(limits: LimitSet) -> list[str]:
    """A graver line that lies nearer than the lesser one."""
    return [
        f"parameters.{name}: {low} must not be over {high}. Correct one."
        for name, row in limits.parameters.items()
        for low, high in _NOT_OVER
        if low in row.lines and high in row.lines and row.lines[low].value > row.lines[high].value
    ]
