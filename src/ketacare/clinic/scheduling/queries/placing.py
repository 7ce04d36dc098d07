"""What a visit would hold at a time: what was named, and for the rest what is free then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import QueryDict

from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.scheduling.models import Chair, Resource, ResourceKind
from ketacare.clinic.scheduling.queries.calendar import day_span
from ketacare.clinic.scheduling.queries.house import booked_in, house_of
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.scheduling.rules import Board, Found, Why
from ketacare.medicine.scheduling.terms import NEEDED, Booked, House, Kind, PlaceKind, Span


@dataclass(frozen=True)
class Named:
    """Whom and what the desk asked for; empty is whoever and whatever is free."""

    person: str = ""
    chair: str = ""
    room: str = ""
    prefer: tuple[str, ...] = ()

    @property
    def places(self) -> dict[PlaceKind, str]:
        named = {PlaceKind.CHAIR: self.chair, PlaceKind.ROOM: self.room}
        return {kind: name for kind, name in named.items() if name}

    @property
    def is_empty(self) -> bool:
        return not (self.person or self.places)


def named_in(fields: QueryDict, by: Actor, prefer: tuple[str, ...] = ()) -> Named:
    """What a form names, if it is of this clinic."""
    rooms = Resource.objects.filter(clinic_id=by.clinic_id, kind=ResourceKind.ROOM, retired_at=None)
    known = {
        "person": people.colleagues(clinic_id=by.clinic_id),
        "chair": Chair.objects.filter(clinic_id=by.clinic_id, retired_at=None),
        "room": rooms,
    }
    for name, rows in known.items():
        text = fields.get(name, "")
        if text and not (is_key(text) and rows.filter(pk=text).exists()):
            raise Refused(Refusal(name, "is not one of this clinic.", "Choose it from the list."))
    return Named(fields.get("person", ""), fields.get("chair", ""), fields.get("room", ""), prefer)


def is_key(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def placed(one: Booked, named: Named, *, before: timedelta, devices: bool, by: Actor, sits: bool = False) -> Booked:
    """The visit with all that it would hold. What nobody named and nobody has is refused with what is in the way; what
    was named is kept as named, so that the rules can say what is wrong with it."""
    clinic = Clinic.objects.get(pk=by.clinic_id)
    day = day_span(local_day(one.span.starts, by.zone), by.zone)
    house = house_of(clinic, day).for_patient(one.patient)
    held = [other for other in booked_in(clinic.pk, day) if other.key != one.key]
    why = Why()
    wanted = only(house, one.kind, named)
    asked: dict[str, Any] = {"before": before, "devices": devices, "sits": sits, "prefer": named.prefer}
    for candidate in (wanted, at_any_hour(wanted, day), at_any_hour(house, day)):
        board = Board(candidate, day.starts, day.ends, held)
        found = board.find(one.kind, one.span, **asked, watch=one.watch, why=why)
        if found is not None:
            return with_found(one, found, named)
    if named.is_empty:
        rule = f"Nothing is free then: {why.most(1)[0]}."
        raise Refused(Refusal("starts_at", rule, "Choose another time.", "policy"))
    return replace(one, places={**one.places, **named.places}, person=named.person or one.person)


def with_found(one: Booked, found: Found, named: Named) -> Booked:
    """What was named stands, also where it is not free: the rules say so, not the search."""
    return replace(
        one,
        places={**found.places, **{kind: name for kind, name in named.places.items() if kind in found.places}},
        person=named.person or found.person,
        hands_on=found.hands_on,
        sitter=found.sitter,
    )


def only(house: House, kind: Kind, named: Named) -> House:
    """The site with nobody else for this work, and no other chair or room."""
    need = NEEDED[kind]
    people = tuple(
        one if not named.person or one.id == named.person else replace(one, skills=one.skills - {need})
        for one in house.people
    )
    places = tuple(one for one in house.places if named.places.get(one.kind, one.id) == one.id)
    return replace(house, people=people, places=places)


def at_any_hour(house: House, day: Span) -> House:
    """The site as if it were open and everybody there, to name the rule that a time breaks instead of nobody."""
    rules = replace(house.rules, end_before_closing=timedelta(), needs_supervisor=False)
    people = tuple(replace(one, here=(day,)) for one in house.people)
    return replace(house, opens=(day,), people=people, rules=rules)
