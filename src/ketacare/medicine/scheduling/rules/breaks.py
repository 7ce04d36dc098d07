"""The checker: what a whole calendar breaks, visit by visit. It shares no line with whatever made the plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import combinations

from ketacare.medicine.scheduling.terms import (
    NEEDED,
    Booked,
    House,
    Kind,
    Person,
    PlaceKind,
    Rule,
    Skill,
    Span,
    Violation,
    Watched,
)


def breaks(visits: Iterable[Booked], house: House) -> list[Violation]:
    """Every rule of the site that these visits break together; empty is a plan that keeps to all of them."""
    visits = sorted(visits, key=lambda one: one.span)
    found = [fault for visit in visits for fault in _alone(visit, house)]
    return found + list(_together(visits, house))


def _alone(visit: Booked, house: House) -> Iterator[Violation]:
    def says(rule: Rule, words: str) -> Violation:
        return Violation(rule, (visit.key,), words)

    open_span = next((span for span in house.opens if visit.span.within(span)), None)
    if open_span is None:
        yield says(Rule.HOURS, "The site is closed for some of it.")
    elif visit.kind is Kind.DOSE and visit.span.ends + visit.before + house.rules.end_before_closing > open_span.ends:
        yield says(Rule.LAST_START, "The chair is not free long enough before closing.")
    yield from (says(rule, words) for rule, words in _places(visit, house))
    yield from (says(rule, words) for rule, words in _person(visit, house))
    if visit.kind is Kind.DOSE and house.rules.needs_supervisor and not _supervised(visit.span, house):
        yield says(Rule.SUPERVISOR, "No prescriber is here for the whole of it.")


def _places(visit: Booked, house: House) -> Iterator[tuple[Rule, str]]:
    known = {place.id: place for place in house.places}
    if visit.kind is Kind.DOSE and PlaceKind.CHAIR not in visit.places:
        yield Rule.PLACE, "A dose needs a chair."
    for kind, name in visit.places.items():
        place = known.get(name)
        if place is None or place.kind is not kind:
            yield Rule.PLACE, f"There is no such {kind}."
        elif any(visit.span.meets(span) for span in place.out):
            yield Rule.OUT_OF_ORDER, f"{place.name} is out of order."


def _person(visit: Booked, house: House) -> Iterator[tuple[Rule, str]]:
    person = next((one for one in house.people if one.id == visit.person), None)
    skill = NEEDED[visit.kind]
    if person is None or skill not in person.skills:
        yield Rule.SKILL, f"Nobody with the skill “{skill}” is planned."
    if person is not None and not _is_here(person, visit.span):
        yield Rule.AWAY, f"{person.name} is not here for the whole of it."
    yield from _strangers(visit, house)
    yield from _unlicensed(visit, house)
    sitter = next((one for one in house.people if one.id == visit.sitter), None)
    if visit.sitter and (sitter is None or Skill.THERAPY not in sitter.skills or visit.sitter == visit.person):
        yield Rule.SKILL, "Whoever sits is a therapist, and not the one who watches."
    elif sitter is not None and not _is_here(sitter, visit.span):
        yield Rule.AWAY, f"{sitter.name} is not here for the whole of it."
    if visit.kind is Kind.DOSE and (
        visit.hands_on is None or visit.hands_on.length < house.rules.hands_on or not visit.hands_on.within(visit.span)
    ):
        yield Rule.HANDS_ON, "The nurse's hands are not kept free for the start."


def _strangers(visit: Booked, house: House) -> Iterator[tuple[Rule, str]]:
    for one in house.people:
        if one.only is None or one.id not in (visit.person, visit.sitter):
            continue
        until = one.only.get(visit.patient)
        if visit.patient not in one.only:
            yield Rule.SKILL, f"{one.name} is of another practice: they are assigned to this patient by name first."
        elif until is not None and visit.span.ends > until:
            yield Rule.AWAY, f"{one.name} is of another practice, and assigned to this patient no longer by then."


def _unlicensed(visit: Booked, house: House) -> Iterator[tuple[Rule, str]]:
    for one in house.people:
        until = one.licensed_until
        if until is not None and one.id in (visit.person, visit.sitter) and visit.span.ends > until:
            yield (
                Rule.SKILL,
                f"{one.name}’s licence has ended by then. It is renewed first, or somebody else is chosen.",
            )


def _is_here(person: Person, span: Span) -> bool:
    return any(span.within(here) for here in person.here)


def _supervised(span: Span, house: House) -> bool:
    """Somebody at every moment; one prescriber may take over from another."""
    reached = span.starts
    here = sorted(one for person in house.people if Skill.PRESCRIBE in person.skills for one in person.here)
    for one in here:
        if one.starts <= reached < one.ends:
            reached = one.ends
    return reached >= span.ends


def _together(visits: Sequence[Booked], house: House) -> Iterator[Violation]:
    shared: tuple[tuple[Callable[[Booked], list[str]], Rule, str], ...] = (
        (lambda one: [one.patient], Rule.PATIENT_TWICE, "The same person is in both."),
        (lambda one: list(one.places.values()), Rule.PLACE_TWICE, "Both have the same place."),
        (_wholly, Rule.PERSON_TWICE, "Both have the same person."),
    )
    for names_of, rule, words in shared:
        groups: dict[str, list[Booked]] = defaultdict(list)
        for visit in visits:
            for name in names_of(visit):
                groups[name].append(visit)
        for group in groups.values():
            for first, second in combinations(group, 2):
                if first.span.meets(second.span):
                    yield Violation(rule, (first.key, second.key), words)
    yield from _nurses(visits, house)


def _wholly(visit: Booked) -> list[str]:
    """Whose whole attention it wants: a therapist's who sits, and nobody's who only watches."""
    found = [visit.sitter] if visit.sitter else []
    return [*found, visit.person] if visit.person and visit.kind is not Kind.DOSE else found


def _nurses(visits: Sequence[Booked], house: House) -> Iterator[Violation]:
    doses: dict[str, list[Booked]] = defaultdict(list)
    others: dict[str, list[Booked]] = defaultdict(list)
    for visit in visits:
        if visit.sitter:
            others[visit.sitter].append(visit)
        if visit.person:
            (doses if visit.kind is Kind.DOSE else others)[visit.person].append(visit)
    for nurse, group in doses.items():
        for first, second in combinations(group, 2):
            if first.hands_on and second.hands_on and first.hands_on.meets(second.hands_on):
                yield Violation(Rule.HANDS_ON, (first.key, second.key), "Both starts want the same hands.")
        for dose in group:
            for other in others[nurse]:
                if dose.span.meets(other.span):
                    yield Violation(Rule.PERSON_TWICE, (dose.key, other.key), "Watching and a visit at once.")
        yield from _too_many(group, house.rules.watched)


def _too_many(doses: Sequence[Booked], watched: Watched) -> Iterator[Violation]:
    """The most is watched where one of them comes, or its dose begins, or its recovery."""
    begins = {one.key: one.span.starts + one.before for one in doses}
    said = set()
    for dose in doses:
        near = [one for one in doses if one.span.meets(dose.span)]
        for moment in (dose.span.starts, begins[dose.key], begins[dose.key] + watched.acts):
            at_once = [one for one in near if one.span.starts <= moment < one.span.ends]
            acting = {one.key for one in at_once if begins[one.key] <= moment < begins[one.key] + watched.acts}
            eyes = sum((Fraction(1, watched.most(one.watch, acting=one.key in acting)) for one in at_once), Fraction())
            keys = tuple(one.key for one in at_once)
            if eyes > 1 and keys not in said:
                said.add(keys)
                words = f"{len(keys)} chairs for one nurse at once; in {len(acting)} of them a dose acts."
                yield Violation(Rule.RATIO, keys, words)
