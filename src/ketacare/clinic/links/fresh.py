"""The page of a link whose day is over, of a form that still takes answers: another one goes to the patient's own
telephone, and to nobody else's. Whoever opened this page learns nothing by it (K1)."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from django.http import HttpResponse

from ketacare.clinic.links.pages import Arrival, see_other
from ketacare.medicine.outcomes import reader


class Became(StrEnum):
    """Of the link that was asked for."""

    NOW = "now"
    MORNING = "morning"
    ENOUGH = "enough"
    AGAIN = "again"  # some time ago: another one may be asked for
    OVER = "over"  # the form is over before anybody may be written to


PAGES = {Became.NOW: "fresh", Became.MORNING: "fresh_morning", Became.ENOUGH: "fresh_enough", Became.OVER: "expired"}


def stale_page(arrival: Arrival[Any], status: int = 410) -> HttpResponse:
    """Instead of the form: it takes answers still, and this link opens it no more."""
    return arrival.closed("stale", status, fresh=arrival.url(f"{arrival.routes}-fresh"))


def fresh_page(arrival: Arrival[Any], *, is_stale: bool, send: Callable[[], object],
               became: Callable[[], Became]) -> HttpResponse:  # fmt: skip
    if arrival.request.method == "POST":
        if is_stale:
            send()
        return see_other(arrival.url(f"{arrival.routes}-fresh") + "?sent=1")
    if not is_stale:
        return see_other(arrival.url(arrival.routes))
    found = became() if "sent" in arrival.request.GET else Became.AGAIN
    if found == Became.AGAIN:
        return stale_page(arrival, 200)
    morning = f"{reader.outreach().quiet_ends.integer:02}:00"
    return arrival.closed(PAGES[found], 200, opens={"clock": morning})
