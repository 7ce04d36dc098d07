"""An order is held again at the draw, the check and the start: what it rests on may have moved since it was signed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ketacare.clinic.dosing.actions import checking, drawing, giving, orders
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.people import actions as people
from ketacare.clinic.people import queries
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.quantities.terms import Weight

pytestmark = pytest.mark.django_db


@pytest.fixture
def day():
    return f.a_day()


def weigh(day, kg, minute, **more):
    people.record_measure(patient=day.patient, weight_kg=Decimal(kg), by=day.nurse, at=f.later(minute), **more)


def sign(day, minute=2, **changes):
    orders.sign_order(
        session=day.session, order=f.an_order(day, at=f.AT, **changes), by=day.prescriber, at=f.later(minute)
    )


def draw(day, minute=3):
    drawing.draw_dose(session=day.session, containers=[day.vial], by=day.nurse, at=f.later(minute))


# --- the weight (H3) --------------------------------------------------------------------------------------------------


def test_h3_nothing_is_drawn_by_an_order_whose_weight_was_taken_again_and_differs(day):
    """80 kg ordered, 70 kg weighed afterwards: 40 mg would be 0.57 mg/kg. 84 kg is 5 % and stands."""
    f.to_go(day)
    sign(day)
    weigh(day, 70, 2.5)
    with pytest.raises(Refused, match=r"80 kg, which the order rests on, differs by 12\.5 % from 70 kg") as refused:
        draw(day)
    assert refused.value.refusals[0].remedy == "Sign the order again on the weight that stands."
    weigh(day, 84, 2.6)
    draw(day)


def test_h3_a_measure_that_was_corrected_takes_its_order_with_it_however_little(day):
    f.to_go(day)
    sign(day)
    weigh(day, 79, 2.5, amends=queries.latest_measure(day.patient), amend_reason="Read wrongly")
    with pytest.raises(Refused, match="80 kg, which the order rests on, was corrected; 79 kg stands"):
        draw(day)
    sign(day, 2.6, weight=Weight.of("79"))
    draw(day)


def test_h3_the_second_entry_and_the_start_hold_the_weight_again(day):
    f.to_drawn(day)
    weigh(day, 70, 3.5)
    with pytest.raises(Refused, match="which the order rests on"):
        f.check(day)
    weigh(day, 80, 3.6)
    f.check(day)
    checking.time_out(session=day.session, said=f.SAID, **f.said_by(day), by=day.nurse, at=f.later(9))
    weigh(day, 70, 9.5)
    with pytest.raises(Refused, match="which the order rests on"):
        giving.start(session=day.session, by=day.nurse, at=f.later(10))


def test_h3_the_second_of_two_people_cannot_sign_on_a_weight_that_moved(day):
    f.to_go(day)
    proposal = orders.sign_order(
        session=day.session, order=f.an_order(day, "0.2"), reason="Frail", by=day.prescriber, at=f.later(2)
    )
    weigh(day, 70, 2.5)
    with pytest.raises(Refused, match="which the order rests on"):
        orders.second_order(
            session=day.session, proposal=proposal, reason="Agreed", by=day.second, at=f.later(3)
        )  # fmt: skip
