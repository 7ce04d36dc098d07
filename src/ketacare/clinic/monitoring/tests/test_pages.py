"""The clinic's monitors: registered and retired by whoever looks after them, known at the chair by their pulse."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from ketacare.clinic.audit.models import Line
from ketacare.clinic.monitoring import actions, monitors
from ketacare.clinic.monitoring.actions.devices import token_hash
from ketacare.clinic.monitoring.models import Device, StrayStream
from ketacare.clinic.monitoring.tests.factories import Bedside, a_device
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import AT, a_clinic, browser, once, someone
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.monitoring.terms import Channel

pytestmark = pytest.mark.django_db
MONITOR = {
    "name": "Monitor 7",
    "serial": "SN-0042",
    "address": "STATION/CHAIR-7",
    "channels": ["HR", "SPO2", "NIBP_SYS"],
    "interval_s": "1",
}


@pytest.fixture
def clinic():
    return a_clinic()


@pytest.fixture
def keeper(clinic):
    return browser(someone(clinic, Role.AD))


def registered(keeper, **change):
    answer = keeper.post("/devices/register/", MONITOR | change | once())
    assert answer.status_code == 302, answer.content.decode()
    return Device.objects.latest("created_at"), answer["Location"]


def test_a_monitor_is_registered_and_its_key_is_shown_once(keeper):
    device, page = registered(keeper)
    assert (device.name, device.serial, device.address) == ("Monitor 7", "SN-0042", "STATION/CHAIR-7")
    assert device.channels == ["HR", "SPO2", "NIBP_SYS"]
    first, second = (keeper.get(page).content.decode() for _ in range(2))
    key = first.split('<pre class="raw" tabindex="0">')[1].split("<")[0]
    assert token_hash(key) == device.token_hash
    assert key not in second
    assert b"SN-0042" in keeper.get("/devices/").content
    assert Line.objects.filter(verb="device.register").count() == 1


def test_the_hour_when_the_last_patient_is_home_is_named_changed_and_taken_back(clinic, keeper):
    for typed, kept in (("17:30", time(17, 30)), ("18:00", time(18)), ("", None)):
        assert keeper.post("/clinic/hours/", {"doses_over_by": typed} | once()).status_code == 302
        clinic.refresh_from_db()
        assert (clinic.doses_over_by, clinic.is_open_all_night) == (kept, False)
        assert f'value="{typed}"' in keeper.get("/devices/").content.decode().split('id="hours"')[1]
    assert Line.objects.filter(verb="clinic.hours", object_id=str(clinic.pk)).count() == 3


def test_a_clinic_is_open_all_night_or_has_its_hour_and_not_both(clinic, keeper):
    both = {"doses_over_by": "17:30", "is_open_all_night": "on"}
    assert keeper.post("/clinic/hours/", both | once()).status_code == 422
    assert keeper.post("/clinic/hours/", {"doses_over_by": "17:30"} | once()).status_code == 302
    assert keeper.post("/clinic/hours/", {"doses_over_by": "", "is_open_all_night": "on"} | once()).status_code == 302
    clinic.refresh_from_db()
    assert (clinic.doses_over_by, clinic.is_open_all_night) == (None, True)


@pytest.mark.parametrize("typed", ["07:30", "06:00", "late", "25:00"])
def test_no_hour_before_opening_and_nothing_that_is_no_time(clinic, keeper, typed):
    answer = keeper.post("/clinic/hours/", {"doses_over_by": typed} | once())
    assert answer.status_code == 422
    assert 'href="#f-doses_over_by"' in answer.content.decode()
    clinic.refresh_from_db()
    assert clinic.doses_over_by is None
    assert not Line.objects.filter(verb="clinic.hours").exists()


def test_only_who_keeps_the_settings_names_the_hour_and_only_of_their_own_clinic():
    elsewhere, clinic = a_clinic("Elsewhere"), a_clinic()
    nurse, director = (someone(clinic, role) for role in (Role.RN, Role.MD))
    for person in (nurse, director):
        assert browser(person).post("/clinic/hours/", {"doses_over_by": "17:30"} | once()).status_code in (403, 404)
    keeper = browser(someone(clinic, Role.AD))
    assert keeper.post("/clinic/hours/", {"doses_over_by": "17:30"} | once()).status_code == 302
    elsewhere.refresh_from_db()
    assert elsewhere.doses_over_by is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"serial": "x" * 61}, "serial"),
        ({"address": ""}, "address"),
        ({"address": "x" * 201}, "address"),
        ({"channels": []}, "channels"),
        ({"channels": ["MOAAS"]}, "channels"),
        ({"interval_s": "0"}, "interval_s"),
        ({"interval_s": "61"}, "interval_s"),
        ({"interval_s": "soon"}, "interval_s"),
    ],
)
def test_what_is_wrong_is_said_by_its_field_and_nothing_is_registered(keeper, change, field):
    answer = keeper.post("/devices/register/", MONITOR | change | once())
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.content.decode()
    assert not Device.objects.exists()


def test_an_address_is_one_monitor_s(keeper):
    registered(keeper)
    assert keeper.post("/devices/register/", MONITOR | once()).status_code == 422


def test_a_monitor_gets_another_name_another_key_and_is_retired(keeper):
    device, page = registered(keeper)
    assert keeper.post(f"{page}change/", MONITOR | {"name": "Spare", "serial": ""} | once()).status_code == 302
    assert keeper.post(f"{page}key/", once()).status_code == 302
    assert keeper.post(f"{page}retire/", once()).status_code == 302
    changed = Device.objects.get(pk=device.pk)
    assert (changed.name, changed.serial) == ("Spare", "")
    assert changed.token_hash != device.token_hash
    assert changed.retired_at is not None
    for act in ("change", "key"):
        assert keeper.post(f"{page}{act}/", MONITOR | once()).status_code == 422
    assert keeper.get(page).status_code == 200
    registered(keeper)  # its address is free again
    verbs = ("device.change", "device.key", "device.retire")
    assert [Line.objects.filter(verb=verb).count() for verb in verbs] == [1, 1, 1]


def test_h26_a_monitor_on_a_patient_is_not_retired_and_a_retired_one_is_paired_with_nobody():
    bedside = Bedside()
    keeper = someone(bedside.clinic, Role.AD)
    with pytest.raises(Refused):
        actions.retire_device(device=bedside.device, by=keeper, at=AT)
    actions.unpair_device(pairing=bedside.pairing, reason="Patient is up", by=bedside.nurse, at=AT)
    actions.retire_device(device=bedside.device, by=keeper, at=AT)
    bedside.device.refresh_from_db()
    with pytest.raises(Refused):
        actions.pair_device(device=bedside.device, visit=bedside.visit, by=bedside.nurse, at=AT)


@pytest.mark.parametrize(("role", "reads"), [(Role.MD, True), (Role.AU, True), (Role.RN, False), (Role.FD, False)])
def test_only_who_looks_after_the_machines_changes_them(clinic, role, reads):
    device, _ = a_device(clinic)
    person = someone(clinic, role)
    here = browser(person)
    assert here.get("/devices/").status_code == (200 if reads else 403)
    assert here.post("/devices/register/", MONITOR | once()).status_code == 403
    for act in ("change", "key", "retire"):
        assert here.post(f"/devices/{device.pk}/{act}/", MONITOR | once()).status_code == 403
    for act, more in (
        (actions.retire_device, {}),
        (actions.renew_key, {}),
        (actions.change_device, {"name": "x", "serial": "", "channels": [Channel.HR], "interval_s": 1}),
    ):
        with pytest.raises(NotAllowed):
            act(device=device, by=person, at=AT, **more)


def test_a_stranger_that_sends_is_offered_with_its_address(clinic, keeper):
    common = {"organisation_id": clinic.organisation_id, "clinic": clinic, "created_at": AT}
    StrayStream.objects.create(**common, address="NEW/BED", first_at=AT, last_at=AT, messages=3)
    assert b"/devices/?address=NEW/BED#register" in keeper.get("/devices/").content
    assert b'value="NEW/BED"' in keeper.get("/devices/?address=NEW/BED").content


def sends(device, pulse, at):
    actions.note_stray(
        organisation_id=device.organisation_id,
        clinic_id=device.clinic_id,
        address=device.address,
        device_id=device.pk,
        messages=1,
        last_message=1,
        at=at,
        last_values={"PR": {"value": pulse, "at": at.isoformat()}},
    )


def test_h4_each_monitor_is_known_at_the_chair_by_the_pulse_it_sends_now():
    bedside = Bedside()
    free, silent, gone = (a_device(bedside.clinic, f"S/{name}")[0] for name in ("free", "silent", "gone"))
    sends(free, "71", AT)
    sends(free, "72", AT + timedelta(seconds=20))
    sends(gone, "64", AT)
    found = monitors.candidates(bedside.nurse, at=AT + timedelta(seconds=25))
    told = {one.device.pk: (one.pulse, one.is_live, one.elsewhere) for one in found}
    assert found[0].device == free
    assert told == {
        free.pk: ("72", True, ""),
        gone.pk: ("64", False, ""),
        silent.pk: ("", False, ""),
        bedside.device.pk: ("", False, "another session"),
    }
