"""Whoever got a link that is not for them says so: it closes, they are written to no more, and the desk calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse

from ketacare.clinic.links.pages import Arrival


def not_mine_page(arrival: Arrival[Any], close: Callable[[], object]) -> HttpResponse:
    """Asked once more, because a mail program may open a link by itself. It shows nothing of anybody."""
    is_done = arrival.request.method == "POST"
    if is_done:
        close()
    # The answer itself, and not a page to go to: the link is closed by now.
    here, go_on = arrival.request.path, arrival.url(arrival.routes)
    return arrival.page("links/not_mine.jinja", is_done=is_done, action=here, go_on=go_on, not_mine="")
