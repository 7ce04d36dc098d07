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
    Destination("Sessions", "sessions", "s", "session"),
    Destination("Wall", "wall", "w", "session_status"),
    Destination("Worklist", "duties", "d", "duties"),
    Destination("Concerns", "concerns", "c", "concerns"),
    Destination("Drug ledger", "ledger", "l", "ledger"),
    Destination("Messages", "mailroom", "m", "settings"),
    Destination("Protocols", "protocols", "o", "protocols"),
    Destination("Audit", "audit", "a", "audit"),
    Destination("My pages", "me", "m", ""),
)


def navigation(actor: Actor | None) -> list[dict[str, str]]:
    if actor is None:
        return []
    return [entry for destination in DESTINATIONS if (entry := shown(destination, actor))]


def shown(destination: Destination, actor: Actor) -> dict[str, str] | None:
    if (destination.route == "me") != (actor.role == "PT") and destination.route != "home":
        return None
    if destination.object_name and not may(actor, destination.object_name, destination.act):
        return None
    try:
        return {"label": destination.label, "url": reverse(destination.route), "key": destination.key}
    except NoReverseMatch:
        return None
