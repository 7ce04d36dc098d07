"""How patients are written to."""

from __future__ import annotations

from dataclasses import dataclass

from ketacare.medicine.evidence.terms import Figure, Series


@dataclass(frozen=True, slots=True)
class Outreach:
    """From the sheet. `quiet_begins` and `quiet_ends` are hours of the day on the patient's wall."""

    quiet_begins: Figure
    quiet_ends: Figure
    night: Figure
    shut_longer_than: Figure
    tries: Figure
    again_after: Figure
    not_taken: Figure
    no_receipt: Figure
    mail_tried_for: Figure
    wrong_years: Figure
    device_known: Figure
    link_lives: Figure
    fresh_again: Figure
    fresh_a_day: Figure
    caregiver_known: Figure
    late_taken_for: Figure
    asked_again: Series
    time_to_answer: Figure
    late_start: Figure
    stop_words: frozenset[str]
    stop_first: frozenset[str]
    stop_courtesy: frozenset[str]
    start_words: frozenset[str]
