"""The medicine list: as told, as matched, put right with a reason; what nobody could check never looks safe."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.urls import reverse

from ketacare.clinic.candidacy import actions, queries
from ketacare.clinic.candidacy.models import ListState, MedicineEntry, MedicineList
from ketacare.clinic.candidacy.tests.factories import no_medicines, some_medicines
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.tests.factories import AT, browser, once, someone
from ketacare.clinic.scheduling.models import Visit, VisitKind
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.candidacy.terms import Action

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(minutes=5)
ZONE = "America/New_York"


def seen(patient):
    row = queries.medicines(patient)
    return row.pk if row else None


def names(patient):
    return [entry.name for entry in queries.medicines(patient).medicines]


def only(patient):
    (entry,) = queries.medicines(patient).medicines
    return entry


def judged(patient, at=LATER):
    row = queries.medicines(patient)
    case = queries.case_now(patient, at=at, zone=ZONE)
    return queries.shown_medicines(row, case, queries.sheet(patient)).medicines


# -- records ----------------------------------------------------------------------------------------------------------


def test_an_entry_keeps_the_name_as_told_beside_what_it_was_matched_to(patient, nurse):
    some_medicines(patient, nurse, {"name": "Effexor XR", "dose": "225 mg every day"})
    entry = only(patient)
    assert (entry.name, entry.drug, entry.rxcui, entry.daily_mg) == ("Effexor XR", "venlafaxine", "39786", Decimal(225))
    assert entry.formulary == "formulary-1 1.3.0"
    assert MedicineEntry.of(entry.kept()) == entry


def test_a_list_from_before_entries_were_typed_is_still_read(patient, nurse):
    row = some_medicines(patient, nurse, "sertraline")
    old = MedicineList(patient=patient, state="listed", entries=[{"name": "lithium", "dose": "600 mg"}, {"name": "x"}])
    assert [(one.name, one.dose, one.drug) for one in old.medicines] == [("lithium", "600 mg", ""), ("x", "", "")]
    assert len({one.key for one in (*old.medicines, *row.medicines)}) == 3


def test_nobody_asked_is_not_none(patient, nurse):
    assert queries.taken(None, at=AT, zone=ZONE) is None
    actions.record_medicines(patient=patient, state=ListState.NOT_ASKED, entries=[], by=nurse, at=AT)
    assert queries.taken(queries.medicines(patient), at=AT, zone=ZONE) is None
    no_medicines(patient, nurse)
    assert queries.taken(queries.medicines(patient), at=AT, zone=ZONE) == ()


def test_when_it_was_last_taken_counts_only_on_the_day_somebody_asked(patient, nurse):
    last = {"name": "lorazepam", "last_taken_at": (AT - timedelta(hours=3, minutes=20, seconds=30)).isoformat()}
    some_medicines(patient, nurse, last)
    row = queries.medicines(patient)
    assert queries.taken(row, at=AT, zone=ZONE)[0].hours_since_last == Decimal("3.34")
    assert queries.taken(row, at=AT + timedelta(hours=1), zone=ZONE)[0].hours_since_last == Decimal("4.34")
    assert queries.taken(row, at=AT + timedelta(days=1), zone=ZONE)[0].hours_since_last is None


def test_added_amended_and_taken_off_each_with_the_list_before_beneath(patient, nurse):
    actions.add_medicine(patient=patient, entry=MedicineEntry(uuid4(), "sertraline"), seen=None, by=nurse, at=AT)
    first = queries.medicines(patient)
    entry = MedicineEntry(uuid4(), "lorazepam", dose="1 mg", daily_mg=Decimal(1), as_needed=True)
    actions.add_medicine(patient=patient, entry=entry, seen=first.pk, by=nurse, at=LATER)
    assert names(patient) == ["sertraline", "lorazepam"]
    assert queries.medicines(patient).amends == first
    assert queries.medicines_at(patient, AT) == first
    actions.take_off(
        patient=patient, key=first.medicines[0].key, seen=seen(patient), reason="tapered", by=nurse, at=LATER
    )
    assert names(patient) == ["lorazepam"]
    assert queries.medicines(patient).amend_reason == "sertraline taken off: tapered"
    actions.take_off(patient=patient, key=entry.key, seen=seen(patient), reason="not needed", by=nurse, at=LATER)
    assert queries.medicines(patient).state == ListState.NONE


def test_a_dose_that_changed_counts_from_today_and_one_that_did_not_from_before(patient, nurse):
    some_medicines(patient, nurse, {"name": "clonazepam", "dose": "1 mg", "since": "2026-01-05", "as_needed": False})
    some_medicines(patient, nurse, {"name": "Klonopin", "dose": "1 mg"}, at=LATER)
    assert (only(patient).since, only(patient).as_needed) == (date(2026, 1, 5), False)
    some_medicines(patient, nurse, {"name": "Klonopin", "dose": "2 mg"}, at=LATER + timedelta(days=2))
    assert only(patient).since == (LATER + timedelta(days=2)).date()


def test_what_nobody_dates_is_listed_since_the_first_list_it_stood_on_just_so(patient, nurse):
    def listed(at, *told):
        row = some_medicines(patient, nurse, *told, at=at)
        return [one.listed_at for one in queries.taken(row, at=LATER + timedelta(days=9), zone=ZONE)]

    dated = {"name": "lithium", "since": "2026-01-05"}
    assert listed(AT, "propranolol", dated) == [AT, None]
    assert listed(LATER, "Propranolol", dated, "haloperidol") == [AT, None, LATER]
    last = LATER + timedelta(days=1)
    assert listed(last, "haloperidol") == [LATER]
    assert listed(last + timedelta(days=1), "propranolol") == [last + timedelta(days=1)]


def test_wk_12_a_medicine_that_was_as_needed_and_is_taken_daily_counts_from_then(patient, nurse):
    now_and_then = {"name": "haloperidol", "dose": "5 mg", "as_needed": True}
    some_medicines(patient, nurse, now_and_then)
    some_medicines(patient, nurse, now_and_then | {"as_needed": False}, at=LATER + timedelta(days=2))
    assert only(patient).since == (LATER + timedelta(days=2)).date()
    some_medicines(patient, nurse, {"name": "haloperidol", "dose": "5 mg"}, at=LATER + timedelta(days=3))
    assert (only(patient).since, only(patient).as_needed) == ((LATER + timedelta(days=2)).date(), False)


def test_wk_12_the_same_one_daily_beside_one_as_needed_is_new_and_another_entry(patient, nurse):
    now_and_then = {"name": "haloperidol", "dose": "5 mg", "as_needed": True}
    some_medicines(patient, nurse, now_and_then)
    daily = MedicineEntry(uuid4(), "haloperidol", dose="5 mg", as_needed=False)
    row = actions.add_medicine(patient=patient, entry=daily, seen=seen(patient), by=nurse, at=LATER)
    told = queries.taken(row, at=LATER + timedelta(days=9), zone=ZONE)
    assert [(one.as_needed, one.listed_at) for one in told] == [(True, AT), (False, LATER)]
    first, second = row.medicines
    assert first.key != second.key == daily.key
    actions.take_off(patient=patient, key=second.key, seen=row.pk, reason="Stopped", by=nurse, at=LATER)
    assert only(patient).as_needed is True


def test_the_same_medicine_twice_is_refused_and_nothing_is_half_saved(patient, nurse):
    with pytest.raises(Refused, match="Klonopin is on the list already, as clonazepam"):
        some_medicines(patient, nurse, "sertraline", "clonazepam", "Klonopin")
    assert queries.medicines(patient) is None
    needed = {"name": "lorazepam", "as_needed": True}
    some_medicines(patient, nurse, needed, {"name": "lorazepam", "as_needed": False}, "methylphenidate", "Concerta")
    assert len(names(patient)) == 4


def test_somebody_who_saw_another_list_changes_nothing(patient, nurse):
    before = some_medicines(patient, nurse, "sertraline")
    some_medicines(patient, nurse, "sertraline", "lithium", at=LATER)
    for act in (
        lambda: actions.add_medicine(
            patient=patient, entry=MedicineEntry(uuid4(), "Xanax"), seen=before.pk, by=nurse, at=LATER
        ),
        lambda: actions.take_off(
            patient=patient, key=before.medicines[0].key, seen=before.pk, reason="gone", by=nurse, at=LATER
        ),
    ):
        with pytest.raises(Refused, match="Somebody changed this list meanwhile"):
            act()
    assert names(patient) == ["sertraline", "lithium"]
    with pytest.raises(Refused, match="not on the list any more"):
        actions.take_off(patient=patient, key=uuid4(), seen=seen(patient), reason="gone", by=nurse, at=LATER)


def test_reasons_are_asked_for(patient, nurse):
    some_medicines(patient, nurse, "sertraline")
    with pytest.raises(Refused, match="The reason is empty"):
        actions.take_off(patient=patient, key=only(patient).key, seen=seen(patient), reason=" ", by=nurse, at=LATER)


def test_rul_13_only_a_prescriber_accepts_a_name_unchecked_and_it_stays_shown_so(patient, nurse, prescriber):
    some_medicines(patient, nurse, "Blue pills")
    entry, common = only(patient), {"patient": patient, "reason": "vitamins, seen the bottle", "at": LATER}
    with pytest.raises(NotAllowed):
        actions.accept_unchecked(key=entry.key, seen=seen(patient), by=nurse, **common)
    actions.accept_unchecked(key=entry.key, seen=seen(patient), by=prescriber, **common)
    assert (only(patient).accepted, only(patient).accepted_by) == ("vitamins, seen the bottle", prescriber.name)
    assert judged(patient)[0].judged.action is Action.UNCHECKED
    some_medicines(patient, nurse, "blue pills", at=LATER + timedelta(minutes=1))
    assert only(patient).accepted == "vitamins, seen the bottle"
    some_medicines(patient, nurse, "sertraline", at=LATER + timedelta(minutes=2))
    with pytest.raises(Refused, match="was matched and is checked"):
        actions.accept_unchecked(key=only(patient).key, seen=seen(patient), by=prescriber, **common)


def test_rul_13_what_was_accepted_unchecked_is_asked_anew_when_its_dose_changed(patient, nurse, prescriber):
    some_medicines(patient, nurse, {"name": "Zorblax"})
    actions.accept_unchecked(
        patient=patient, key=only(patient).key, seen=seen(patient), reason="sweets", by=prescriber, at=AT
    )
    told = {"patient": patient, "reason": "asked again", "by": nurse, "at": LATER}
    actions.amend_medicine(entry=replace(only(patient), told_by="record"), seen=seen(patient), **told)
    assert only(patient).accepted == "sweets"
    actions.amend_medicine(entry=replace(only(patient), dose="500 mg"), seen=seen(patient), **told)
    assert (only(patient).accepted, only(patient).accepted_by) == ("", "")


def test_bob_may_read_and_charlie_may_not_but_neither_writes(patient, clinic):
    for nobody in (someone(clinic, "AU"), someone(clinic, "FD"), someone(clinic, "TH")):
        with pytest.raises(NotAllowed):
            some_medicines(patient, nobody, "sertraline")
    assert not MedicineList.objects.exists()


# -- pages ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def client(prescriber):
    return browser(prescriber)


def evaluation(patient):
    return reverse("evaluation", args=[patient.pk])


def add(client, patient, **typed):
    told = {"seen": seen(patient) or "", "use": "daily", "told_by": "patient", **typed}
    return client.post(reverse("evaluation-medicines", args=[patient.pk]), once(**told))


def page(client, patient):
    return client.get(evaluation(patient)).content.decode()


def test_a_medicine_shows_its_action_first_then_what_it_does_and_its_source(client, patient):
    assert add(client, patient, name="Klonopin", dose="1 mg bid").status_code == 302
    text = page(client, patient)
    assert "Hold 24 h before" in text
    assert "sedates, blunts the response" in text
    assert "Never stop it abruptly" in text
    assert "20 mg (VA/DoD 2021) or 40 mg (Ashton 2002)" in text
    assert "Andrashko V" in text
    assert "Klonopin (clonazepam)" in text


def test_a_name_nobody_knows_stays_not_checked_until_said_or_accepted(client, patient):
    add(client, patient, name="Zolof", dose="100 mg")
    text = page(client, patient)
    assert "Not checked" in text
    assert "Perhaps sertraline" in text
    assert queries.answer_so_far(patient, at=LATER, zone=ZONE).decision.outcome == "unknown"
    one = reverse("medicine", args=[patient.pk, only(patient).key])
    assert "Accept unchecked" in client.get(one).content.decode()
    said = {"name": "Zolof", "dose": "100 mg", "use": "daily", "act": "amend", "amend_reason": "seen the box"}
    wrong = client.post(one, once(seen=seen(patient), means="Zlft", **said))
    assert wrong.status_code == 422
    assert "Zlft is not in the formulary" in wrong.content.decode()
    assert client.post(one, once(seen=seen(patient), means="Zoloft", **said)).status_code == 302
    assert (only(patient).name, only(patient).drug, only(patient).mapped) == ("Zolof", "sertraline", True)
    assert "Zolof (sertraline)" in page(client, patient)


def test_h15_a_dose_in_tablets_is_taken_as_told_and_said_to_be_unknown_in_mg(client, patient):
    assert add(client, patient, name="lorazepam", dose="2 tablets").status_code == 302
    assert (only(patient).dose, only(patient).daily_mg) == ("2 tablets", None)
    assert "dose not known in mg" in page(client, patient)
    reasons = queries.answer_so_far(patient, at=LATER, zone=ZONE).decision.reasons
    assert any("lorazepam: daily dose" in one.missing for one in reasons)


def test_rul_13_what_a_name_may_mean_is_suggested_and_never_filled_in(client, patient):
    add(client, patient, name="Zorblax", dose="10 mg")
    text = client.get(reverse("medicine", args=[patient.pk, only(patient).key])).content.decode()
    assert "Perhaps baclofen" in text
    (field,) = re.findall(r'<input[^>]*name="means"[^>]*>', text)
    assert "baclofen" not in field


def test_accepting_and_taking_off_from_the_page(client, patient):
    add(client, patient, name="Blue pills")
    one = reverse("medicine", args=[patient.pk, only(patient).key])
    refused = client.post(one, once(seen=seen(patient), act="accept", accept_reason=""))
    assert (refused.status_code, "The reason is empty" in refused.content.decode()) == (422, True)
    client.post(one, once(seen=seen(patient), act="accept", accept_reason="vitamins"))
    assert "Not checked. Accepted by" in page(client, patient)
    client.post(one, once(seen=seen(patient), act="off", off_reason="used up"))
    assert "Takes no medicines" in page(client, patient)
    assert client.get(one).status_code == 404


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"name": ""}, "The name is empty"),
        ({"name": "x" * 81}, "longer than 80 letters"),
        ({"name": "sertraline", "dose": "-50 mg"}, "cannot be below zero"),
        ({"name": "levothyroxine", "dose": "50"}, "has no unit, levothyroxine is usually taken in mcg"),
        ({"name": "lithium", "dose": "90 g"}, "90,000 mg a day cannot be"),
        ({"name": "sertraline", "dose": "2000 mg"}, "above the largest usual dose of sertraline, 200 mg"),
        ({"name": "sertraline", "since": "soon"}, "is not a day"),
        ({"name": "sertraline", "since": "2099-01-01"}, "is still to come"),
        ({"name": "lorazepam", "last_day": "0"}, "at what time is missing"),
        ({"name": "lorazepam", "last_day": "0", "last_clock": "2359"}, "is still to come"),
        ({"name": "lorazepam", "last_day": "1", "last_clock": "25h"}, "is not a time"),
        ({"name": "lorazepam", "last_day": "", "last_clock": "0730"}, "a time without a day"),
        ({"name": "lorazepam", "last_day": "99"}, "nothing that can be chosen"),
        ({"name": "lorazepam", "seen": "nonsense"}, "did not say which list"),
    ],
)
def test_bad_entries_are_refused_in_words_and_nothing_is_half_saved(client, patient, typed, words, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: LATER)
    answer = add(client, patient, **typed)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not MedicineList.objects.exists()


def test_an_unlikely_dose_is_kept_once_confirmed(client, patient):
    told = {"name": "sertraline", "dose": "250 mg"}
    page = add(client, patient, **told).content.decode()
    assert 'name="dose_asked" value="250 mg|sertraline||"' in page
    said = {"confirm": "dose", "dose_asked": "250 mg|sertraline||"}
    for changed in ({"dose": "2500 mg"}, {"dose": "250 mg", "name": "citalopram"}):
        assert add(client, patient, **told | changed, **said).status_code == 422, "of that dose of that medicine alone"
    add(client, patient, **told, **said)
    assert only(patient).daily_mg == 250


def test_the_last_dose_is_read_by_day_and_clock(client, patient, clinic):
    add(client, patient, name="lorazepam", dose="1 mg", use="needed", last_day="1", last_clock="2200")
    add(client, patient, name="zolpidem", dose="10 mg", last_day="2")
    last = {one.name: one.last_taken_at for one in queries.medicines(patient).medicines}
    assert last["lorazepam"].astimezone(UTC).strftime("%H%M") in ("0200", "0300", "2200")
    assert last["zolpidem"].strftime("%H%M") == "2359"
    one = reverse("medicine", args=[patient.pk, queries.medicines(patient).medicines[0].key])
    text = client.get(one).content.decode()
    assert 'value="2200"' in text


def test_none_contradicts_a_list(client, patient):
    path = reverse("evaluation-medicines", args=[patient.pk])
    assert client.post(path, once(state="none")).status_code == 302
    assert "Takes no medicines" in page(client, patient)
    add(client, patient, name="sertraline")
    refused = client.post(path, once(state="none"))
    assert (refused.status_code, "1 on the list stand" in refused.content.decode()) == (422, True)
    assert client.post(path, once(state="listed")).status_code == 422


def test_a_nurse_sees_no_way_to_accept_and_a_therapist_no_list(clinic, patient, nurse):
    some_medicines(patient, nurse, "Blue pills")
    one = reverse("medicine", args=[patient.pk, only(patient).key])
    assert "Accept unchecked" not in browser(nurse).get(one).content.decode()
    assert browser(nurse).post(one, once(seen=seen(patient), act="accept", accept_reason="x")).status_code == 403
    assert browser(someone(clinic, "TH")).get(one).status_code in (403, 404)


# -- the sheet to take home -------------------------------------------------------------------------------------------


def test_the_sheet_tells_clock_times_once_a_visit_is_booked(client, patient, nurse):
    some_medicines(
        patient,
        nurse,
        {"name": "zolpidem", "as_needed": True},
        {"name": "clonazepam", "as_needed": False},
        "sertraline",
        "memantine",
        "Blue pills",
        "CBD",
    )
    sheet = reverse("medicines-sheet", args=[patient.pk])
    text = client.get(sheet).content.decode()
    assert "Last dose 12 hours before your visit" in text
    assert "None for 48 hours before and after your visit" in text
    Visit.objects.create(
        organisation_id=nurse.organisation_id,
        clinic_id=nurse.clinic_id,
        created_at=AT,
        patient=patient,
        kind=VisitKind.DOSE,
        starts_at=datetime(2099, 7, 14, 13, 0, tzinfo=UTC),
        ends_at=datetime(2099, 7, 14, 15, 0, tzinfo=UTC),
    )
    text = client.get(sheet).content.decode()
    assert "Tuesday 14 July, 09:00" in text
    assert "Last dose before Monday 13 July, 21:00" in text
    assert "On the day of your visit take it after the visit" in text
    assert "Bring the package" in text
    assert "Tome" in client.get(sheet, {"language": "es"}).content.decode().replace("Tómela", "Tome")
    assert "martes 14 de julio, 09:00" in client.get(sheet, {"language": "es"}).content.decode()


def test_the_sheet_says_when_nobody_asked_or_there_is_none(client, patient, nurse):
    sheet = reverse("medicines-sheet", args=[patient.pk])
    assert "We have not asked" in client.get(sheet).content.decode()
    no_medicines(patient, nurse)
    assert "you take no medicines" in client.get(sheet).content.decode()


def test_why_of_a_medicine_on_a_page_of_its_own(patient, nurse):
    some_medicines(patient, nurse, "lorazepam", at=AT)
    key = only(patient).key
    where = reverse("medicine-why", args=[patient.pk, key])
    client = browser(nurse)
    assert f'href="{where}#why"' in client.get(reverse("evaluation", args=[patient.pk])).content.decode()
    page = client.get(where).content.decode()
    assert "INT-01" in page.partition('data-part="why"')[2]
    assert client.get(reverse("medicine-why", args=[patient.pk, uuid4()])).status_code == 404
