"""What may not be done after a dose, whatever a window says."""

from collections.abc import Iterator
from datetime import date

from ketacare.medicine.therapy.terms import AfterDose


def against_the_floor(after: AfterDose, work_on: date, *, is_exposure: bool) -> Iterator[tuple[str, str]]:
    """Each rule that this work breaks, with its remedy. Days are the clinic's own; a night lies between two of them."""
    if work_on != after.dose_on:
        return
    if not after.is_released:
        yield (
            "lies on the day of the dose, and the patient had not passed the release check by then.",
            "Hold it after the release, or on another day.",
        )
    if is_exposure:
        yield (
            "Trauma exposure on the day of the dose is not done: a night's sleep lies between.",
            "Hold it from the next day on.",
        )
