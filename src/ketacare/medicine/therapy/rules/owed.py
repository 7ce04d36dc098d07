"""After which doses an integration visit is owed: each of the induction, then every so many as the sheet has it."""

from ketacare.medicine.therapy.terms import Placement


def owes_visit(number: int | None, induction: int | None, placement: Placement) -> bool:
    """`number`: of the dose in its course, counted from 1; `induction`: how many doses the course begins with. Where
    one of the two is not known the visit is owed, so that none is lost for want of a number. A dose that was stopped
    early counts like any other, and so does the first dose here of somebody who was treated elsewhere before."""
    if number is None or induction is None or number <= induction:
        return True
    return (number - induction) % placement.every_after_induction.integer == 0


def spacing_words(induction: int | None, placement: Placement) -> str:
    """As in: 24 to 72 h after each of the first 6 doses, then after every 2nd."""
    each = "each dose of the induction" if induction is None else f"each of the first {induction} doses"
    each = "the first dose" if induction == 1 else each
    every = placement.every_after_induction.integer
    return f"after {each}, then after every {ordinal(every)}" if every > 1 else "after each dose"


def none_owed_words(induction: int, placement: Placement) -> str:
    """Why a window stands empty and nobody has missed anything."""
    doses = "the first dose" if induction == 1 else f"the {induction} doses of the induction"
    return f"after {doses} a visit is owed after every {ordinal(placement.every_after_induction.integer)} dose"


def ordinal(number: int) -> str:
    last = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{last}"
