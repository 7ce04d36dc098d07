"""Whatever is charted of a pump has a course: rates are changed at any second, and more than once in a session."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ketacare.clinic.dosing.queries.given import as_doses
from ketacare.clinic.dosing.queries.under_way import rounded
from ketacare.medicine.dosing.rules.choices import way_of
from ketacare.medicine.pharmacology.checks import refuse_unsound
from ketacare.medicine.pharmacology.terms import Case, Patient
from ketacare.medicine.pharmacy.rules import course
from ketacare.medicine.pharmacy.terms import RateStep
from ketacare.medicine.quantities.terms import Concentration, RatePump, Volume

AT = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
WAY = way_of("ketamine (racemic)", "IV")
CHANGES = st.tuples(
    st.sampled_from([1, 1_000_000]),  # charted to the microsecond, or to the second
    st.lists(st.tuples(st.integers(1, 900), st.integers(0, 999_999), st.integers(0, 400)), min_size=2, max_size=6),
)


@settings(max_examples=150, deadline=None)
@given(CHANGES)
@example((1, [(1, 0, 0), (1, 0, 1), (600, 0, 150)]))  # a second at 1 mL/h is less than a thousandth of a milligram
@example((1_000_000, [(640, 0, 150), (640, 0, 120), (600, 0, 150)]))  # 10:40 and 21:20 after the start
def test_a_course_follows_any_number_of_charted_rates(changes):
    unit, charted = changes
    at, steps = AT, []
    for seconds, micro, rate in charted:
        steps.append(RateStep(at, RatePump(Decimal(rate))))
        at += timedelta(seconds=seconds, microseconds=micro // unit)
    told = course(steps, Concentration(Decimal("0.4")), at, bag=Volume(Decimal(100)))
    if not told:
        return
    for doses in (as_doses(WAY, told), rounded(as_doses(WAY, told))):
        if not doses:
            continue
        refuse_unsound(Case(Patient(70.0, 40.0), doses, (0.0, 60.0)))
        whole = float(sum(one.mass.amount for one in told))
        assert sum(one.dose_mg for one in doses) == pytest.approx(whole, abs=0.01)
