"""H17: charted and not given, or given and not charted."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ketacare.clinic.dosing.actions import giving, release
from ketacare.clinic.dosing.queries import closing
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.pharmacy import queries as ledger
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db


def test_h17_stopped_early_the_rest_is_open_until_it_has_a_place_and_only_then_it_closes():
    """39 of 40 mg: one milligram is enough to keep it open."""
    day = f.a_day()
    f.to_running(day)
    giving.stop(session=day.session, reason="distress", pump_ml=Decimal("97.5"), by=day.nurse, at=f.later(49))
    amounts = ledger.amounts_of(day.visit)
    assert (amounts.drawn_mg, amounts.given_mg, amounts.open_mg) == (40, 39, 1)
    f.make_well(day)
    release.let_go(session=day.session, by=day.prescriber, at=f.later(105))
    with pytest.raises(Refused, match="does not add up"):
        release.close(session=day.session, by=day.nurse, at=f.later(106))
    release.waste_rest(
        session=day.session, vial_too=False, method="Squirted into a denaturing container",
        witness=day.user(day.second), by=day.nurse, at=f.later(107),
    )  # fmt: skip
    assert closing.missing(day.session) == []
    release.close(session=day.session, why_rest="Asleep and calm", by=day.nurse, at=f.later(108))
