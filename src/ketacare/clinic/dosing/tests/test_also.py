"""3-lead ECG and capnography at the chair: from the record, with the reason (treatment 3.1)."""

import pytest

from ketacare.clinic.candidacy import actions as candidacy
from ketacare.clinic.candidacy.models import Source
from ketacare.clinic.candidacy.tests.factories import no_medicines, some_medicines
from ketacare.clinic.dosing.queries import also, ordered, since_last
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.people.tests.factories import browser, once
from ketacare.medicine.monitoring.terms import Channel

pytestmark = pytest.mark.django_db


@pytest.fixture
def day():
    day = f.a_day()
    f.to_running(day)
    return day


def found(day, minute=30.0):
    at = f.later(minute)
    latest = watch.latest(day.visit)
    lines = also.lines(day.session, ordered.order_of(day.visit), latest, at, day.visit.clinic.zone)
    return {one.name: (one.wanted, one.words, one.unseen) for one in lines}


def told(day, name, answer, source=Source.CLINICIAN, at=f.AT, **more):
    by = day.prescriber if more else day.nurse
    candidacy.record_history(patient=day.patient, name=name, answer=answer, source=source, by=by, at=at, **more)


def test_h7_where_records_disagree_nobody_knows_and_the_newest_is_no_truer_until_a_prescriber_rules(day):
    told(day, "sleep_apnoea", "untreated")
    told(day, "sleep_apnoea", "none", Source.PATIENT, f.later(1))
    told(day, "heart_failure", "NYHA II")
    told(day, "heart_failure", "none", Source.PATIENT, f.later(1))
    told(day, "cardiac_history", "no", Source.PATIENT, f.later(2))
    shown = found(day)
    assert "sleep apnoea (records disagree)" in shown["capnography"][1]
    assert shown["capnography"][0] is shown["ecg"][0] is None
    assert "heart disease (records disagree)" in shown["ecg"][1]
    changed = {one.title: one.now for one in since_last.changes(day.visit, None, f.later(30))}
    words = "records disagree (Found by a clinician: Untreated; The patient says: None)"
    assert any(words in now for now in changed.values())
    told(day, "sleep_apnoea", "none", at=f.later(3), settles=True)
    assert "sleep apnoea" not in found(day).get("capnography", (None, ""))[1]
    changed = {one.title: one.now for one in since_last.changes(day.visit, None, f.later(31))}
    assert not any("Sleep apn" in now for now in changed.values())


def test_what_nobody_told_is_not_known_and_what_was_told_is_not_asked_for(day):
    told(day, "cardiac_history", "no")
    told(day, "sleep_apnoea", "untreated")
    f.vitals(day, moaas=3, at=f.later(28))
    shown = found(day)
    assert shown["capnography"] == (True, "MOAA/S 3, sleep apnoea", True)
    assert shown.get("ecg", (None, "", False))[0] is not True
    f.vitals(day, etco2=38, at=f.later(29))
    assert found(day)["capnography"][2] is False


def test_heart_disease_asks_for_leads(day):
    told(day, "cardiac_history", "yes")
    assert found(day)["ecg"][:2] == (True, "heart disease")


@pytest.mark.parametrize(
    ("medicines", "wanted"),
    [((), False), (("ondansetron",), True), (("no such thing",), None), (("sertraline",), False)],
)
def test_a_medicine_that_prolongs_qt_asks_for_leads_and_one_of_no_known_name_is_not_a_no(day, medicines, wanted):
    told(day, "cardiac_history", "no")
    if medicines:
        some_medicines(day.patient, day.nurse, *medicines)
    else:
        no_medicines(day.patient, day.nurse)
    shown = found(day).get("ecg")
    assert (False if shown is None else shown[0]) is wanted


def test_the_line_stands_over_the_flowsheet_with_a_row_for_the_breath(day, monkeypatch):
    told(day, "sleep_apnoea", "untreated")
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(29))
    client = browser(day.nurse)
    page = client.get(f"/sessions/{day.visit.pk}/").content.decode()
    assert "<b>Capnography</b>: sleep apnoea" in page
    assert 'name="etco2"' in page
    asked = client.post(f"/sessions/{day.visit.pk}/grid/", once(etco2="5"))
    assert "Write 5kpa if the capnograph shows kPa (38 mmHg); confirm if it is 5 mmHg." in asked.content.decode()
    assert found(day)["capnography"][2], "nothing is charted before it was said"
    assert client.post(f"/sessions/{day.visit.pk}/grid/", once(etco2="5.1kpa")).status_code == 302
    assert watch.latest(day.visit)[Channel.ETCO2].value == 38
    assert found(day)["capnography"][2] is False
