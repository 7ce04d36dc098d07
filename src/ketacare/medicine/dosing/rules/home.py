"""A dose under the tongue at home: its own ceilings, two watched first, a chaperone and live video; else refused."""

from collections.abc import Iterator

from ketacare.medicine.dosing.terms import AtHome, Hold, HoldKind, Order
from ketacare.medicine.protocols.terms import HomeRules
from ketacare.medicine.quantities.terms import Mass

RULE = "P-SL-HOME"


def home_holds(order: Order, dose: Mass) -> Iterator[Hold]:
    """Why a dose may not be taken at home as the order stands; nothing where the protocol is for the clinic alone."""
    rules, home = order.protocol.home, order.at_home
    if rules is None:
        if home is not None:
            yield _refused("place", f"Place: {order.protocol.title} is not taken at home. Order it for the clinic.")
        return
    yield from _afterwards(order, dose, rules)
    if home is not None:
        yield from _conditions(home, rules)


def _afterwards(order: Order, dose: Mass, rules: HomeRules) -> Iterator[Hold]:
    most = rules.most.get(order.afterwards)
    if most is None:
        yield _refused("afterwards", f"Afterwards: not said. Choose {' or '.join(rules.most)}.")
    elif dose > most:
        words = f"Dose: {dose} is above the most that is {order.afterwards}, {most}. Lower the dose."
        yield _refused("dose", words)


def _conditions(home: AtHome, rules: HomeRules) -> Iterator[Hold]:
    """Each by itself, so that what is missing is named."""
    if home.observed < rules.observed_doses:
        words = f"Place: {home.observed} of the first {rules.observed_doses} doses were watched in the clinic."
        yield _refused("place", f"{words} Order this one for the clinic.")
    if not home.law:
        words = "Place: nobody has said that the law here allows it and the director has not stopped it."
        yield _refused("law", f"{words} Say so, or order it for the clinic.")
    if not home.chaperone.strip():
        yield _refused("chaperone", "Chaperone: nobody is named who stays through the dose. Name an adult.")
    if not home.video:
        yield _refused("video", "Video: the dose would be taken unseen. Arrange live video for all of it.")
    if not home.reviewed:
        yield _refused("reviewed", "Refill: the course so far was not reviewed. Review it before each pack.")


def _refused(field: str, words: str) -> Hold:
    return Hold(RULE, field, HoldKind.REFUSED, words)
