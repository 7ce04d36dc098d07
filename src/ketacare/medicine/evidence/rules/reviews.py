"""Is a sheet past its review date? It still applies, and every page that uses it says so."""

from collections.abc import Iterable
from datetime import date

from ketacare.medicine.evidence.rules.facts import in_order
from ketacare.medicine.evidence.terms import SheetHeader


def expired(header: SheetHeader, on: date) -> bool:
    """The day of the review is the last on which the sheet is in date."""
    return on > header.next_review_on


def warnings(headers: Iterable[SheetHeader], on: date) -> tuple[SheetHeader, ...]:
    """The sheets that somebody should have read again by now: each version once, in the order given."""
    return in_order(header for header in headers if expired(header, on))
