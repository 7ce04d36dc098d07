"""What several open rows need, together, in as few facts as will do.

Each row needs its facts, and of some groups any one ("PHQ-9 or MADRS"). What another row needs anyway serves a group
too; of the rest the fewest names that serve every group are taken, those that stand first where several would do.
Above `MOST_GROUPS` groups the first of each is taken: that still settles every row, and is no longer promised to be
the fewest.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations

from ketacare.medicine.evidence.rules.facts import in_order
from ketacare.medicine.evidence.terms import Reason

MOST_GROUPS = 6

Group = tuple[str, ...]


def gathered(reasons: Iterable[Reason]) -> tuple[str, ...]:
    """The names to ask for, in the order of the reasons."""
    asked = [(reason.enough or reason.missing, reason.one_of) for reason in reasons]
    groups = in_order(group for _, of in asked for group in of)
    if not groups:
        return in_order(name for names, _ in asked for name in names)
    needed = {name for names, of in asked for name in names if not any(name == group[0] for group in of)}
    chosen = _served(groups, needed)
    return in_order(_instead(name, of, chosen) for names, of in asked for name in names)


def _instead(name: str, groups: Iterable[Group], chosen: dict[Group, str]) -> str:
    return next((chosen[group] for group in groups if group[0] == name), name)


def _served(groups: Sequence[Group], needed: set[str]) -> dict[Group, str]:
    """By group the name that serves it."""
    left = [group for group in groups if not needed.intersection(group)]
    few = needed | set(_fewest(left))
    return {group: next(name for name in group if name in few) for group in groups}


def _fewest(groups: Sequence[Group]) -> tuple[str, ...]:
    names = in_order(name for group in groups for name in group)
    sizes = range(len(groups) if len(groups) <= MOST_GROUPS else 0)
    found = (few for size in sizes for few in combinations(names, size) if all(set(few) & set(of) for of in groups))
    return next(found, tuple(group[0] for group in groups))
