"""What may not be done after a dose, whatever a window says."""

from collections.abc import Iterator
from datetime import datetime

from ketacare.medicine.therapy.terms import AfterDose


def against_the_floor(after: AfterDose, work_at: datetime, *, is_exposure: bool) -> Iterator[tuple[str, str]]:
    """Each rule that this work breaks, with its remedy. A night's sleep lies before the morning."""
    if not after.began <= work_at < after.morning:
        return
    if not after.is_released:
        yield (
            "lies before the morning after the dose, and the patient had not passed the release check by then.",
            "Hold it after the release, or on another day.",
        )
    if is_exposure:
        yield (
            "Trauma exposure before the morning after a dose is not done: a night's sleep lies between.",
            f"Hold it from {after.morning:%H:%M} of the next day on.",
        )
