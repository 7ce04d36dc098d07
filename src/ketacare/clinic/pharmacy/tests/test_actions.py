"""The ledger: milligrams are conserved, waste is witnessed by another, stock never goes under zero."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from ketacare.clinic.duties.models import Duty
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.people.tests.factories import PASSWORD, a_clinic, a_patient, browser, once, someone
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


def test_l4_a_difference_is_one_case_and_ends_when_the_director_and_a_second_person_have_counted():
    """Alice the director may, Bob the nurse may witness and not clear up, Charlie at the desk sees nothing of it."""
    clinic = a_clinic()
    nurse, director, desk = (someone(clinic, role) for role in (Role.RN, Role.MD, Role.FD))
    vial, counter = a_vial(nurse), User.objects.get(pk=nurse.user_id)
    bob = User.objects.get(pk=someone(clinic, Role.RN).user_id)
    for minute in (1, 2):
        actions.count_container(container=vial, counted_mg=Decimal(190), by=nurse, at=AT + timedelta(minutes=minute))
    case, later = Duty.objects.get(), AT + timedelta(minutes=9)
    found = {"container": vial, "counted_mg": Decimal(190), "cause": "Spilt when drawn, not charted", "at": later}
    for other in (nurse, desk):
        with pytest.raises(NotAllowed):
            actions.settle_difference(**found, witness=bob, by=other)
    said = r"second person|both sides of it|cause is empty|when it was full"
    for name, value in (("witness", None), ("witness", counter), ("cause", " "), ("counted_mg", Decimal(201))):
        with pytest.raises(Refused, match=said):
            actions.settle_difference(**({"witness": bob, "by": director} | found | {name: value}))
    line = actions.settle_difference(**found, witness=bob, by=director)
    assert (line.kind, line.destination, line.amount_mg, line.balance_after_mg) == ("correct", "difference", 10, 190)
    assert (line.witness, line.reason) == (bob, "Spilt when drawn, not charted")
    case.refresh_from_db()
    assert (case.is_open, case.steps.get(step="closed").evidence_id) == (False, line.pk)
    with pytest.raises(Refused, match="No difference"):
        actions.settle_difference(**found, witness=bob, by=director)


def test_l4_a_recount_that_agrees_ends_it_too_and_one_that_finds_more_is_booked_in():
    clinic = a_clinic()
    nurse, director = someone(clinic, Role.RN), someone(clinic, Role.MD)
    vial, bob = a_vial(nurse), User.objects.get(pk=someone(clinic, Role.RN).user_id)
    for place, (seen, kind, balance) in enumerate(((200, "count", 200), (150, "correct", 150), (160, "correct", 160))):
        at = AT + timedelta(minutes=place)
        actions.count_container(container=vial, counted_mg=Decimal(100), by=nurse, at=at)
        line = actions.settle_difference(
            container=vial, counted_mg=Decimal(seen), witness=bob, cause="Miscounted", by=director, at=at
        )
        assert (line.kind, line.balance_after_mg) == (kind, balance)
        assert not Duty.objects.filter(state="open").exists()


def test_l4_the_directors_page_asks_for_both_names_and_shows_no_figure_of_the_book():
    clinic = a_clinic()
    nurse, director = someone(clinic, Role.RN), someone(clinic, Role.MD)
    vial = a_vial(nurse)
    actions.count_container(container=vial, counted_mg=Decimal("190.5"), by=nurse, at=AT)
    path = Duty.objects.get().link
    page = browser(director).get(path).content.decode()
    assert "190.5" not in page
    assert "differs" in page
    assert "medical director’s to clear up" in browser(nurse).get(path).content.decode()
    email = User.objects.get(pk=someone(clinic, Role.RN).user_id).email
    for wrong in ("nan", "-1", "inf"):
        assert browser(nurse).post(reverse("ledger-count", args=[vial.pk]), once(counted_ml=wrong)).status_code == 422
    said = {"counted_ml": "19", "cause": "Overfill", "witness": email, "witness_password": "wrong"}
    refused = browser(director).post(path, once(**said))
    assert (refused.status_code, "sign-in does not match" in refused.content.decode()) == (422, True)
    assert browser(director).post(path, once(**said | {"witness_password": PASSWORD})).status_code == 302
    assert not Duty.objects.filter(state="open").exists()


def test_l4_what_the_book_says_is_left_stands_on_no_page_of_whoever_counts_until_they_have_counted(monkeypatch):
    """12 of 200 mg are wasted, so that what is left, 188, stands on no label."""
    clinic = a_clinic()
    nurse, second = someone(clinic, Role.RN), someone(clinic, Role.RN)
    vial, witness = a_vial(nurse), User.objects.get(pk=second.user_id)
    actions.waste(
        container=vial, source=Place.CONTAINER, amount_mg=Decimal(12), witness=witness, reason="dropped", by=nurse,
        at=AT + timedelta(minutes=1),
    )  # fmt: skip
    it_is(monkeypatch, AT + timedelta(minutes=5))
    mine, theirs = browser(nurse), browser(second)
    assert [left(mine), left(theirs)] == [False, False]
    assert mine.post(reverse("ledger-count", args=[vial.pk]), once(counted_ml="nan")).status_code == 422
    assert not left(mine)
    assert mine.post(reverse("ledger-count", args=[vial.pk]), once(counted_ml="18.8")).status_code == 302
    assert [left(mine), left(theirs)] == [True, False]
    assert [left(mine, "12 mg"), left(theirs, "12 mg")] == [True, False], "nor what it can be reckoned from"
    it_is(monkeypatch, AT + timedelta(days=1))
    assert not left(mine), "each day is counted anew"


def left(client, amount: str = "188 mg") -> bool:
    return amount in client.get(reverse("ledger")).content.decode()


def it_is(monkeypatch, at: datetime) -> None:
    monkeypatch.setattr("ketacare.web.clock.now", lambda: at)


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
