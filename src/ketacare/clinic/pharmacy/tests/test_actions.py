"""The ledger: milligrams are conserved, waste is witnessed by another, stock never goes under zero."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from ketacare.clinic.duties.models import Duty
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.people.tests.factories import a_clinic, a_patient, someone
from ketacare.clinic.pharmacy import actions, queries
from ketacare.clinic.pharmacy.models import Place
from ketacare.clinic.scheduling.actions import book_visit
from ketacare.clinic.scheduling.models import VisitKind
from ketacare.clinic.tenancy.refusals import Refused

AT = datetime(2026, 7, 14, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def a_vial(by, serial="V1"):
    return actions.receive_container(
        product=actions.Product("ketamine", Decimal(10), Decimal(20)), serial=serial, lot="L7",
        expires_on=date(2027, 3, 31), by=by, at=AT,
    )  # fmt: skip


def test_l1_received_content_is_the_balance():
    nurse = someone(a_clinic(), Role.RN)
    assert a_vial(nurse).balance_mg == Decimal("200.000")


def test_l1_a_container_is_received_once():
    nurse = someone(a_clinic(), Role.RN)
    a_vial(nurse)
    with pytest.raises(Refused, match="already"):
        a_vial(nurse)


def test_l3_nobody_witnesses_their_own_waste():
    nurse = someone(a_clinic(), Role.RN)
    vial = a_vial(nurse)
    with pytest.raises(Refused, match="own act"):
        actions.waste(
            container=vial, source=Place.CONTAINER, amount_mg=Decimal(5), witness=User.objects.get(pk=nurse.user_id),
            reason="broken", by=nurse, at=AT,
        )  # fmt: skip


def test_l3_waste_without_a_witness_is_refused():
    nurse = someone(a_clinic(), Role.RN)
    with pytest.raises(Refused, match="second person"):
        actions.waste(
            container=a_vial(nurse), source=Place.CONTAINER, amount_mg=Decimal(5), witness=None, reason="rest",
            by=nurse, at=AT,
        )  # fmt: skip


def test_l1_stock_cannot_go_under_zero():
    clinic = a_clinic()
    nurse, other = someone(clinic, Role.RN), someone(clinic, Role.RX)
    vial = a_vial(nurse)
    witness = User.objects.get(pk=other.user_id)
    with pytest.raises(Refused, match="more than the 200 mg"):
        actions.waste(
            container=vial, source=Place.CONTAINER, amount_mg=Decimal("200.001"), witness=witness, reason="rest",
            by=nurse, at=AT,
        )  # fmt: skip


def test_l4_a_count_that_differs_says_so():
    nurse = someone(a_clinic(), Role.RN)
    vial = a_vial(nurse)
    assert actions.count_container(container=vial, counted_mg=Decimal(200), by=nurse, at=AT).reason == ""
    assert not Duty.objects.exists()
    assert actions.count_container(container=vial, counted_mg=Decimal(190), by=nurse, at=AT).reason == "difference"
    assert Duty.objects.get().owner_role == Role.MD


def test_the_front_desk_touches_no_drug():
    with pytest.raises(NotAllowed):
        a_vial(someone(a_clinic(), Role.FD))


def test_expired_vials_are_not_offered():
    clinic = a_clinic()
    a_vial(someone(clinic, Role.RN))
    assert queries.containers_in_stock(clinic_id=clinic.pk, drug="ketamine", on=AT.date()).count() == 1
    assert queries.containers_in_stock(clinic_id=clinic.pk, drug="ketamine", on=date(2027, 4, 1)).count() == 0


def test_a_vial_is_drawn_from_until_the_end_of_its_last_day_in_the_clinic():
    clinic = a_clinic()
    nurse, desk = someone(clinic, Role.RN), someone(clinic, Role.FD)
    vial = a_vial(nurse)
    last_evening = datetime.combine(vial.expires_on, time(21), ZoneInfo("America/New_York"))
    assert last_evening.astimezone(UTC).date() > vial.expires_on
    visit = book_visit(
        patient=a_patient(desk), kind=VisitKind.DOSE, starts_at=last_evening, ends_at=last_evening + timedelta(hours=3),
        by=desk, at=last_evening, number_in_course=1,
    )  # fmt: skip
    actions.draw(container=vial, visit=visit, amount_mg=Decimal(35), step="1", by=nurse, at=last_evening)
    with pytest.raises(Refused, match="has expired"):
        actions.draw(
            container=vial, visit=visit, amount_mg=Decimal(35), step="2", by=nurse, at=last_evening + timedelta(hours=3)
        )
