"""What a role finds in the menu. A link to a route that does not exist, or is not theirs, is not shown."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from ketacare.clinic.people.access import Actor, may


@dataclass(frozen=True)
class Destination:
    label: str
    route: str
    key: str
    object_name: str
    act: str = "R"


DESTINATIONS = (
    Destination("Today", "home", "h", ""),
    Destination("Patients", "patients", "p", "demographics"),
    Destination("Referrals", "referrals", "r", "referral"),
    Destination("Planning", "planning", "n", "resources"),
    Destination("My calendar", "my-calendar", "v", "therapy", "C"),
    Destination("Sessions", "sessions", "s", "session"),
    Destination("Wall", "wall", "w", "session_status"),
    Destination("Station", "station", "t", "alarms"),
    Destination("Worklist", "duties", "d", "duties"),
    Destination("Concerns", "concerns", "c", "concerns"),
    Destination("Billing", "billing", "i", "billing", "C"),
    Destination("Drug ledger", "ledger", "l", "ledger"),
    Destination("Messages", "mailroom", "m", "mailroom"),
    Destination("Monitors", "devices", "b", "settings"),
    Destination("Protocols", "protocols", "o", "protocols"),
    Destination("Programme", "programme", "g", "programme"),
    Destination("Who works here", "posts", "k", "users"),
    Destination("Lost passwords", "recoveries", "y", "recovery", "A"),
    Destination("Audit", "audit", "a", "audit"),
    Destination("My pages", "me", "m", ""),
)


def navigation(actor: Actor | None, here: str) -> list[dict[str, str | bool]]:
    if actor is None:
        return []
    return [entry for destination in DESTINATIONS if (entry := shown(destination, actor, here))]


def shown(destination: Destination, actor: Actor, here: str) -> dict[str, str | bool] | None:
    if destination.route != "home" and (destination.route == "me") != (actor.role == "PT"):
        return None
    if destination.route == "my-calendar" and may(actor, "resources", "R"):
        return None  # who sees the planning finds it there
    if destination.object_name and not may(actor, destination.object_name, destination.act):
        return None
    try:
        href = reverse(destination.route)
    except NoReverseMatch:
        return None
    current = here == href if href == "/" else here.startswith(href)
    return {"label": destination.label, "href": href, "key": destination.key, "current": current}
