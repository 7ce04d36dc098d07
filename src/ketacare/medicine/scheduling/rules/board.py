"""What is free, quickly: each place and person as one whole number with a bit for every five minutes.

A visit that does not begin on the grid is rounded outward, and the hours of the site and its people inward, so that a
plan made with the board never holds less than the visit does, nor somebody who has just gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ketacare.medicine.scheduling.rules.watching import WHOLE, acting_in, part
from ketacare.medicine.scheduling.terms import (
    NEEDED,
    Booked,
    House,
    Kind,
    Place,
    PlaceKind,
    Skill,
    Span,
    Watch,
)

GRID = timedelta(minutes=5)
DEVICES = (PlaceKind.PUMP, PlaceKind.MONITOR)


@dataclass
class Why:
    """What stood in the way, counted over the times that were tried."""

    counts: Counter[str] = field(default_factory=Counter)

    def most(self, at_most: int = 3) -> list[str]:
        return [words for words, _ in self.counts.most_common(at_most)]


@dataclass(frozen=True, slots=True)
class Found:
    """A time that works, with everything that the visit would hold."""

    span: Span
    places: dict[PlaceKind, str]
    person: str
    hands_on: Span | None
    sitter: str = ""


class Board:
    """A site between two instants, with what is held."""

    def __init__(self, house: House, starts: datetime, ends: datetime, held: Iterable[Booked] = ()) -> None:
        begins = starts.astimezone(UTC)  # on the clock's own steps, so that full hours lie on the grid
        self.starts = begins.replace(minute=begins.minute - begins.minute % 5, second=0, microsecond=0)
        self.house, self.ends = house, ends.astimezone(UTC)
        self.open = self.free_in(house.opens)
        self.places: dict[str, int] = {place.id: self.mask_of(place.out) for place in house.places}
        self.away: dict[str, int] = {}
        self.hands: dict[str, int] = {}
        self.load: dict[str, dict[int, int]] = {}
        """Of each person, the cells in which so much of them is taken by what they watch."""
        full = (1 << self.bits(ends)) - 1
        supervised = 0
        for person in house.people:
            here = self.free_in(person.here)
            self.away[person.id] = full & ~here
            self.hands[person.id] = 0
            self.load[person.id] = {}
            if Skill.PRESCRIBE in person.skills:
                supervised |= here
        self.unsupervised = full & ~supervised if house.rules.needs_supervisor else 0
        self.by_kind = {kind: house.places_of(kind) for kind in PlaceKind}
        self.by_skill = {skill: tuple(person for person in house.people if skill in person.skills) for skill in Skill}
        self.patients: dict[str, int] = {}
        for visit in held:
            self.put(visit)

    # -- masks ---------------------------------------------------------------------------------------------------------

    def bits(self, moment: datetime) -> int:
        return (moment - self.starts) // GRID

    def mask(self, span: Span) -> int:
        first = max(self.bits(span.starts), 0)
        last = min(-((self.starts - span.ends) // GRID), self.bits(self.ends))
        return ((1 << (last - first)) - 1) << first if last > first else 0

    def mask_of(self, spans: Iterable[Span]) -> int:
        found = 0
        for span in spans:
            found |= self.mask(span)
        return found

    def free_in(self, spans: Iterable[Span]) -> int:
        """Only what lies wholly within: five minutes of which somebody is here for three are not theirs to give."""
        found = 0
        for span in spans:
            first = max(-((self.starts - span.starts) // GRID), 0)
            last = min(self.bits(span.ends), self.bits(self.ends))
            found |= ((1 << (last - first)) - 1) << first if last > first else 0
        return found

    # -- holding -------------------------------------------------------------------------------------------------------

    def put(self, visit: Booked) -> None:
        mask = self.mask(visit.span)
        for name in visit.places.values():
            self.places[name] = self.places.get(name, 0) | mask
        self.patients[visit.patient] = self.patients.get(visit.patient, 0) | mask
        self._take_whole(visit.sitter, mask)
        if visit.person not in self.hands:
            return
        if visit.kind is not Kind.DOSE:
            self._take_whole(visit.person, mask)
            return
        if visit.hands_on is not None:
            self.hands[visit.person] |= self.mask(visit.hands_on)
        for cells, taken in self._parts(visit):
            self._watch(visit.person, cells, taken)

    def _take_whole(self, name: str, mask: int) -> None:
        if name in self.hands:
            self.hands[name] |= mask
            self._watch(name, mask, WHOLE)

    def _watch(self, name: str, mask: int, taken: int) -> None:
        load: Counter[int] = Counter()
        rest = mask
        for level, cells in self.load[name].items():
            load[level] |= cells & ~mask
            load[level + taken] |= cells & mask
            rest &= ~cells
        load[taken] |= rest
        self.load[name] = {level: cells for level, cells in load.items() if cells}

    def _parts(self, dose: Booked) -> list[tuple[int, int]]:
        """The cells of a dose in which it acts and the others, with what it takes of a nurse in them."""
        watched, whole = self.house.rules.watched, self.mask(dose.span)
        acting = self.mask(acting_in(dose, watched)) & whole
        parts = ((acting, True), (whole & ~acting, False))
        return [(cells, part(watched, dose.watch, acting=acts)) for cells, acts in parts if cells]

    def busy(self, name: str) -> int:
        """Where they have anything to watch."""
        found = 0
        for cells in self.load[name].values():
            found |= cells
        return found

    # -- asking --------------------------------------------------------------------------------------------------------

    def starts_within(self, span: Span, length: timedelta, step: timedelta) -> Iterator[datetime]:
        """Beginnings on the clock's own steps, at which the visit would end within an opening span."""
        for opens in self.house.opens:
            if not opens.meets(span):
                continue
            moment = opens.starts
            if moment < span.starts:
                moment += -((moment - span.starts) // step) * step
            while moment < span.ends and moment + length <= opens.ends:
                yield moment
                moment += step

    def find(
        self,
        kind: Kind,
        span: Span,
        *,
        before: timedelta = timedelta(),
        devices: bool = False,
        sits: bool = False,
        prefer: tuple[str, ...] = (),
        watch: Watch = Watch.USUAL,
        why: Why | None = None,
    ) -> Found | None:
        """Everything that this visit would hold at this time, or None with the reason counted."""
        mask = self.mask(span)
        blocked = self._blocked(kind, span, mask, before)
        if blocked is None:
            places, blocked = self._places(kind, mask, devices, prefer)
        if blocked is None:
            hands = Span(span.starts + before, span.starts + before + self.house.rules.hands_on)
            one = Booked("", "", kind, span, hands_on=hands if kind is Kind.DOSE else None, watch=watch)
            person = self._person(one, mask, prefer)
            sitter = self._sitter(mask, person, prefer) if sits else ""
            if person is not None and sitter is not None:
                return Found(span, places, person, one.hands_on, sitter)
            blocked = f"nobody with the skill “{NEEDED[kind] if person is None else Skill.THERAPY}” is free"
        if why is not None:
            why.counts[blocked] += 1
        return None

    def _blocked(self, kind: Kind, span: Span, mask: int, before: timedelta) -> str | None:
        if mask & ~self.open or not mask:
            return "the site is closed"
        if kind is Kind.DOSE:
            # RD-24 counts the whole chair time from the start of the dose, which is later than the arrival.
            until = self.mask(Span(span.ends - GRID, span.ends + before + self.house.rules.end_before_closing))
            if until & ~self.open:
                return "it would end too near closing"
            if mask & self.unsupervised:
                return "no prescriber is here to supervise"
        return None

    def _places(
        self, kind: Kind, mask: int, devices: bool, prefer: tuple[str, ...]
    ) -> tuple[dict[PlaceKind, str], str | None]:
        wanted = [PlaceKind.CHAIR] if kind is Kind.DOSE else [PlaceKind.ROOM]
        if kind is Kind.DOSE and devices:
            wanted += [one for one in DEVICES if self.by_kind[one]]
        if kind is not Kind.DOSE and not self.by_kind[PlaceKind.ROOM]:
            wanted = []
        places: dict[PlaceKind, str] = {}
        for place_kind in wanted:
            place = self._free_place(self.by_kind[place_kind], mask, prefer)
            if place is None:
                return {}, f"every {place_kind} is taken"
            places[place_kind] = place.id
        return places, None

    def _free_place(self, places: tuple[Place, ...], mask: int, prefer: tuple[str, ...]) -> Place | None:
        free = [place for place in places if not self.places[place.id] & mask]
        return next((place for place in free if place.id in prefer), free[0] if free else None)

    def _sitter(self, mask: int, watches: str | None, prefer: tuple[str, ...]) -> str | None:
        """A therapist who has nothing else all the while, and is not the one who watches."""
        free = [
            one
            for one in self.by_skill[Skill.THERAPY]
            if one.id != watches and not (self.away[one.id] | self.hands[one.id] | self.busy(one.id)) & mask
        ]
        ordered = sorted(free, key=lambda one: (one.id not in prefer, self.hands[one.id].bit_count(), one.id))
        return ordered[0].id if ordered else None

    def _person(self, one: Booked, mask: int, prefer: tuple[str, ...]) -> str | None:
        """Whoever has least in hand comes first, so that work is shared and starts find free hands."""
        people = self.by_skill[NEEDED[one.kind]]
        hands = self.mask(one.hands_on) if one.hands_on else mask
        parts = self._parts(one) if one.kind is Kind.DOSE else [(mask, WHOLE)]
        ordered = sorted(people, key=lambda who: (who.id not in prefer, self.hands[who.id].bit_count(), who.id))
        for who in ordered:
            if not (self.away[who.id] & mask or self.hands[who.id] & hands) and self._has_eyes_for(parts, who.id):
                return who.id
        return None

    def _has_eyes_for(self, parts: list[tuple[int, int]], name: str) -> bool:
        load = self.load[name].items()
        return not any(cells & own and level + taken > WHOLE for level, cells in load for own, taken in parts)
