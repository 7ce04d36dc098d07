"""H4: one person taken for another."""

from __future__ import annotations

import threading

import pytest
from django.db import connections, transaction
from django.urls import reverse

from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring.tests.factories import Bedside, a_visit
from ketacare.clinic.people.models import Demographics, Role
from ketacare.clinic.people.tests.factories import AT, a_clinic, a_patient, browser, once, someone
from ketacare.clinic.tenancy.actions import tenant
from ketacare.clinic.tenancy.refusals import Refused
from tests.world import a_world


def test_h04_two_people_registered_at_once_have_two_record_numbers(fresh_database):
    with transaction.atomic():
        desk = someone(a_clinic(), Role.FD)
    first_written, faults = threading.Event(), []

    def register(family: str, wait_for: threading.Event | None, then: threading.Event | None) -> None:
        try:
            assert wait_for is None or wait_for.wait(10)
            with tenant(desk.organisation_id):
                a_patient(desk, family=family)
                if then is not None:
                    then.set()
                    threading.Event().wait(0.7)  # not committed yet while the other counts
        except Exception as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=register, args=("Reed", None, first_written)),
        threading.Thread(target=register, args=("Rowe", first_written, None)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not faults
    with tenant(desk.organisation_id):
        assert len(set(Demographics.objects.values_list("record_number", flat=True))) == 2


@pytest.mark.django_db
def test_h04_a_monitor_on_one_person_is_not_put_on_another():
    bedside = Bedside()
    other = a_visit(bedside.clinic, someone(bedside.clinic, Role.FD))
    with pytest.raises(Refused, match="paired with another session"):
        monitoring.pair_device(device=bedside.device, visit=other, by=bedside.nurse, at=AT)


@pytest.mark.django_db
def test_h04_an_entry_of_one_session_is_not_here_in_another():
    one, two = a_world("North"), a_world("South")
    from ketacare.clinic.tenancy import actions as tenancy

    tenancy.enter(organisation_id=one.clinic.organisation_id)
    url = reverse("session-undo", kwargs={"visit_id": one.visit.pk, "entry_id": two.more["entry"].pk})
    assert browser(one.staff[Role.RN]).post(url, once()).status_code == 404
