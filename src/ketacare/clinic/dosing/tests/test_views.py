"""The pages of a session: what each phase shows, what a form answers, and what is refused."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest

from ketacare.clinic.candidacy.tests.factories import an_answer
from ketacare.clinic.dosing.actions import preparing
from ketacare.clinic.dosing.models import Kind, Session, SessionState, TimelineEntry
from ketacare.clinic.dosing.queries import readiness, signs
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.monitoring.tests.factories import a_device
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.models import Allergies, AllergyState
from ketacare.clinic.people.tests.factories import PASSWORD, browser, once, without_chance
from ketacare.clinic.pharmacy import actions as pharmacy
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.monitoring.terms import Channel
from ketacare.medicine.monitoring.terms import Reading as Value

pytestmark = pytest.mark.django_db

FOUND = {"route": "IV", "concentration": "10", "volume": "4", "total": "100", "rate": "150"}


@pytest.fixture
def day(monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(20))
    return f.a_day()


def at(monkeypatch, minutes):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(minutes))


def url(day, rest=""):
    return f"/sessions/{day.visit.pk}/{rest}"


def email(day, actor):
    return day.user(actor).email


def test_today_lists_what_is_missing(day):
    page = browser(day.nurse).get("/sessions/").content.decode()
    assert "REED, Jo" in page
    assert "Identity" in page


def test_the_readiness_page_asks_and_judges(day):
    page = browser(day.nurse).get(url(day)).content.decode()
    assert "hold this back" in page
    assert "Identity not checked today" in page


def test_h4_identity_is_typed_and_compared(day, monkeypatch):
    client = browser(day.nurse)
    answer = client.post(url(day, "readiness/identity/"), once(birth_year="1985", initials="JR"))
    assert answer.status_code == 302
    entry = TimelineEntry.objects.get(visit=day.visit, kind=Kind.FACT)
    assert entry.body["facts"]["identity_two_identifiers"]["value"] is True
    at(monkeypatch, 21)
    client.post(url(day, "readiness/identity/"), once(birth_year="1958", initials="JR"))
    assert "Identifiers do not agree" in client.get(url(day)).content.decode()


def test_h15_no_known_allergies_takes_a_listed_one_back_only_with_a_reason(day):
    listed = [{"substance": "Ketalar", "reaction": "hives"}]
    people.record_allergies(patient=day.patient, state=AllergyState.LISTED, entries=listed, by=day.nurse, at=f.later(1))
    client, here = browser(day.nurse), url(day, "readiness/allergies/")
    said = {"ketamine_allergy": "no", "list": "none_known"}
    page = client.post(here, once(**said))
    assert page.status_code == 422
    assert "This takes back: Ketalar." in page.content.decode()
    assert Allergies.objects.current().get().entries == listed
    assert not TimelineEntry.objects.filter(visit=day.visit, kind=Kind.FACT, name="allergies").exists()
    assert client.post(here, once(**said, amend_reason="Hives were from the tape")).status_code == 302
    assert Allergies.objects.current().get().amend_reason == "Hives were from the tape"


def test_80_over_120_is_refused_and_kept_on_the_screen(day):
    answer = browser(day.nurse).post(url(day, "vital-signs/"), once(bp="80/120"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Write systolic first" in page
    assert 'value="80/120"' in page


def test_h3_pounds_as_kilograms_are_asked_about(day):
    client = browser(day.nurse)
    answer = client.post(url(day, "weight/"), once(weight="176"))
    assert answer.status_code == 422
    assert "If you weighed in pounds choose lb" in answer.content.decode()
    assert client.post(url(day, "weight/"), once(weight="176 lb")).status_code == 302


def test_an_empty_order_has_no_dose(day):
    page = browser(day.prescriber).get(url(day, "order/")).content.decode()
    assert 'id="f-dose" name="dose" type="text" value=""' in page


def test_the_order_is_worked_out_then_signed(day):
    client = browser(day.prescriber)
    asked = {"dose": "0.5", "minutes": "40", "vial": "10"}
    page = client.post(url(day, "order/"), once(**asked, act="work_out")).content.decode()
    assert "150" in page
    assert not TimelineEntry.objects.filter(visit=day.visit, kind=Kind.ORDER).exists()
    refused = client.post(url(day, "order/"), once(**asked, act="sign", password="wrong"))
    assert refused.status_code == 422
    signed = client.post(url(day, "order/"), once(**asked, act="sign", password=PASSWORD))
    assert signed.status_code == 302
    assert TimelineEntry.objects.get(visit=day.visit, kind=Kind.ORDER).body["dose_mg"] == "40.000"


def test_a_nurse_may_not_open_the_order(day):
    assert browser(day.nurse).get(url(day, "order/")).status_code == 403


def test_the_double_check_page_shows_nothing_of_the_first(day):
    f.to_drawn(day)
    page = without_chance(browser(day.second).get(url(day, "double-check/")).content.decode())
    for secret in ("40 mg", "4 mL", "150", "REED", "1985", "10 mg/mL"):
        assert secret not in page
    assert browser(day.second).get(url(day, "note/")).status_code == 404
    ledger = {who.name: browser(who).get("/ledger/").content.decode() for who in (day.nurse, day.second)}
    assert not any(amount in page for page in ledger.values() for amount in (">40 mg<", "160 mg"))
    assert "shown once given" in ledger[day.second.name]
    for who in (day.nurse, day.second):  # what a count still to come hides no more, the check that is blind does
        pharmacy.count_container(container=day.vial, counted_mg=Decimal(160), by=who, at=f.later(5))
    ledger = {who.name: browser(who).get("/ledger/").content.decode() for who in (day.nurse, day.second)}
    assert ">40 mg<" in ledger[day.nurse.name]
    assert ">40 mg<" not in ledger[day.second.name]
    assert "shown once given" in ledger[day.second.name]


def test_a_mismatch_names_the_field_and_not_the_value(day):
    f.to_drawn(day)
    typed = once(birth_year="1985", initials="JR", drug="ketamine", dose="4", **FOUND)
    page = browser(day.second).post(url(day, "double-check/"), typed).content.decode()
    assert "Different: <b>dose</b>" in page
    assert "40" not in page.replace("x140", "")[page.index("Stop") : page.index("Compare label")]


def test_the_way_to_t0(day, monkeypatch):
    f.to_drawn(day)
    at(monkeypatch, 8)
    typed = once(birth_year="1985", initials="J.R.", drug="Ketamine", dose="40", **FOUND)
    assert browser(day.second).post(url(day, "double-check/"), typed).status_code == 302
    nurse = browser(day.nurse)
    assert "Time-out" in nurse.get(url(day)).content.decode()
    said = once(said=list(f.SAID), birth_year="1985", initials="JR", password=PASSWORD)
    assert nurse.post(url(day, "time-out/"), said).status_code == 302
    assert "Start infusion" in nurse.get(url(day)).content.decode()
    key = once()
    assert [nurse.post(url(day, "start/"), key).status_code for _ in range(2)] == [302, 302]
    assert TimelineEntry.objects.filter(visit=day.visit, kind=Kind.DOSE).count() == 1


def test_h16_a_second_press_with_a_new_key_is_refused(day, monkeypatch):
    f.to_running(day)
    assert browser(day.nurse).post(url(day, "start/"), once()).status_code == 422


def test_the_chair_while_it_runs(day):
    f.to_running(day)
    page = browser(day.nurse).get(url(day)).content.decode()
    for words in (
        "Keep the bedside monitor's own alarms on.",
        "After the pump",
        "T+20",
        "Nausea",
        "NOT LIVE",
        "given of",
    ):
        assert words.replace("'", "&#39;") in page or words in page


def test_v2_under_the_alarms_the_numbers_come_first(day):
    """Once clock, dose, people and trend stood above them, and on a phone they were two screens down."""
    f.to_running(day)
    page = browser(day.nurse).get(url(day)).content.decode()
    places = [page.index(f'id="{place}"') for place in ("alarms", "vitals", "top", "emergency", "people", "grid")]
    assert places == sorted(places)


def test_v2_the_wall_and_the_chair_say_which_number_is_beyond_its_line(day, monkeypatch):
    """By word and shape beside it, and not by a coloured line alone."""
    f.to_running(day)
    device, _ = a_device(day.clinic)
    monitoring.pair_device(device=device, visit=day.visit, by=day.nurse, at=f.later(12))
    for second in range(1, 14):
        moment = f.later(12) + timedelta(seconds=second)
        values = tuple(
            Value(channel, Decimal(number), moment, moment, device=str(device.pk))
            for channel, number in ((Channel.SPO2, 79), (Channel.HR, 74))
        )
        monitoring.record_readings(
            [monitoring.Arrival(device.pk, second, moment, moment, values)], clinic_id=day.clinic.pk, at=moment
        )
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(12) + timedelta(seconds=14))
    for address in (url(day), "/wall/"):
        page = browser(day.nurse).get(address).content.decode()
        marked = [tile for tile in page.split("<article")[1:] if "vital__alarm" in tile.split("</article")[0]]
        assert [tile.split('data-channel="')[1].split('"')[0] for tile in marked] == ["SPO2"]
        assert "too low</b>" in marked[0], "no word of priority that reads as the number's height"


def test_an_event_is_one_tap(day):
    f.to_running(day)
    client = browser(day.nurse)
    assert client.post(url(day, "event/"), once(kind="nausea"), headers={"HX-Request": "true"}).status_code == 204
    entry = TimelineEntry.objects.get(visit=day.visit, kind=Kind.EVENT)
    assert client.post(url(day, f"timeline/{entry.pk}/undo/"), once()).status_code == 302


def test_a17_every_sign_at_the_chair_is_one_the_limits_know_and_alarms_at_once(day):
    f.to_running(day)
    client = browser(day.nurse)
    for sign, _ in signs.SIGNS:
        assert client.post(url(day, "event/"), once(kind=sign)).status_code == 302
    standing = watch.standing(day.visit, at=f.later(20))
    present = {one.label: one.priority.word for one in standing.conditions if one.key.startswith("sign.")}
    assert present == dict.fromkeys((sign for sign, _ in signs.SIGNS), "high") | {"new severe headache": "medium"}


def test_a_column_of_the_grid(day):
    f.to_running(day)
    client = browser(day.nurse)
    answer = client.post(url(day, "grid/"), once(bp="128/80", rr="14", moaas="5", distress="2", nausea="0"))
    assert answer.status_code == 302
    page = client.get(url(day)).content.decode()
    assert "128/80" in page
    assert client.post(url(day, "grid/"), once(bp="80/128")).status_code == 422


def test_h4_a_form_of_a_in_the_context_of_b_is_refused(day):
    f.to_running(day)
    other = f.a_day("Chair 4", day.clinic, family="Rowe")
    f.to_running(other)
    entry = f.timeline.record(session=day.session, kind=Kind.EVENT, name="nausea", by=day.nurse, at=f.later(20))
    answer = browser(day.nurse).post(
        f"/sessions/{other.visit.pk}/timeline/{entry.pk}/amend/", once(reason="Wrong value")
    )
    assert answer.status_code == 404
    assert browser(day.nurse).get(f"/sessions/{uuid.uuid4()}/").status_code == 404


def test_dose_steps_say_why(day):
    f.to_running(day)
    client = browser(day.nurse)
    assert client.post(url(day, "dose/"), once(step="pause")).status_code == 422
    assert client.post(url(day, "dose/"), once(step="pause", reason="Distress")).status_code == 302
    assert client.post(url(day, "dose/"), once(step="resume", reason="Calm")).status_code == 302
    assert client.post(url(day, "dose/"), once(step="rate", new_ml_per_h="100", reason="Distress")).status_code == 302
    assert Session.objects.get(pk=day.session.pk).state == SessionState.RUNNING


def test_h40_the_pumps_volume_against_rate_and_time(day, monkeypatch):
    f.to_running(day)
    at(monkeypatch, 30)
    client = browser(day.nurse)
    answer = client.post(url(day, "dose/"), once(step="stop", reason="Distress", pump_ml="80"))
    assert answer.status_code == 422
    assert "by rate and time it would be 50.0 mL" in answer.content.decode()
    assert 'name="pump_ml_asked" value="80"' in answer.content.decode()
    other = once(step="stop", reason="Distress", pump_ml="90", pump_ml_asked="80", confirm="pump_ml")
    assert "The pump shows 90 mL" in client.post(url(day, "dose/"), other).content.decode()
    confirmed = once(step="stop", reason="Distress", pump_ml="80", pump_ml_asked="80", confirm="pump_ml")
    assert client.post(url(day, "dose/"), confirmed).status_code == 302


def test_h2_a_value_of_a_column_that_was_asked_about_is_confirmed_as_it_was_typed(day, monkeypatch):
    f.to_running(day)
    at(monkeypatch, 30)
    client = browser(day.nurse)
    answer = client.post(url(day, "grid/"), once(hr="34")).content.decode()
    assert 'name="hr_asked" value="34"></label>' in answer, "with the box: the page takes both into its form"
    other = client.post(url(day, "grid/"), once(hr="33", hr_asked="34", confirm="hr"))
    assert (other.status_code, client.post(url(day, "grid/"), once(hr="34", confirm="hr")).status_code) == (422, 422)
    assert client.post(url(day, "grid/"), once(hr="34", hr_asked="34", confirm="hr")).status_code == 302


def test_h2_more_than_the_bag_held_is_confirmed_by_nobody(day, monkeypatch):
    """75.0 typed as 750, after another value was confirmed: nothing is charted; what a pump rounds up is the bag."""
    f.to_running(day)
    at(monkeypatch, 30)
    client = browser(day.nurse)
    for step, field, reason in (("stop", "pump_ml", "Distress"), ("read_pump", "shown_ml", "")):
        slip = once(step=step, reason=reason, **{field: "750"}, confirm=field)
        answer = client.post(url(day, "dose/"), slip)
        assert answer.status_code == 422
        assert "750 mL is more than the 100" in answer.content.decode()
    for call, more in ((f.giving.stop, {"reason": "Distress"}), (f.giving.read_pump, {})):
        with pytest.raises(Refused, match="more than the 100"):
            call(session=day.session, pump_ml=Decimal(750), by=day.nurse, at=f.later(30), **more)
    f.giving.stop(session=day.session, reason="", complete=True, pump_ml=Decimal("100.4"), by=day.nurse, at=f.later(50))
    (ended,) = TimelineEntry.objects.filter(visit=day.visit, kind=Kind.DOSE, name="complete")
    assert Decimal(ended.body["given_mg"]) == 40


def test_release_waste_and_close(day, monkeypatch):
    f.to_running(day)
    f.giving.stop(session=day.session, reason="Patient asks", by=day.nurse, at=f.later(49))
    at(monkeypatch, 105)
    client = browser(day.nurse)
    page = client.get(url(day, "release/")).content.decode()
    assert "Not ready" in page
    f.make_well(day)
    assert "Ready to leave since" in client.get(url(day, "release/")).content.decode()
    assert client.post(url(day, "release/leave/"), once()).status_code == 302
    assert client.post(url(day, "close/"), once()).status_code == 422
    mine = once(method="drain", witness=email(day, day.nurse), witness_password=PASSWORD, vial="waste")
    assert client.post(url(day, "waste/"), mine).status_code == 422
    seen = once(method="drain", witness=email(day, day.second), witness_password=PASSWORD, vial="waste")
    assert client.post(url(day, "waste/"), seen).status_code == 302
    unsaid = client.post(url(day, "close/"), once(why_30="Cuff off"))
    assert unsaid.status_code == 422
    assert "T+40: not taken, and nobody said why: Blood pressure" in unsaid.content.decode()
    assert client.post(url(day, "close/"), once(why_30="Cuff off", why_rest="Toilet")).status_code == 302


def test_g18_the_wall_of_whoever_gets_no_stream_asks_for_itself_anew_and_says_of_when_it_is(day):
    f.to_running(day)
    page = browser(day.desk).get("/wall/").content.decode()
    assert 'id="as-of" data-refresh="state" data-renew="15"' in page
    assert "It has not come again since" in page
    assert "data-renew" not in browser(day.nurse).get("/wall/").content.decode(), "a stream keeps it true"


def test_the_front_desk_sees_that_a_chair_has_an_alarm_and_how_grave_and_nothing_that_was_measured(day, monkeypatch):
    f.to_running(day)
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(31))
    assert "Alarm at this chair" not in browser(day.desk).get("/wall/").content.decode()
    f.vitals(day, "212/118", at=f.later(30))
    page = browser(day.desk).get("/wall/").content.decode()
    tile = page[page.index('<article class="tile') :]
    assert "tile--high" in tile
    assert "Alarm at this chair: is a nurse there?" in tile
    assert "data-silent" in tile
    assert not [words for words in ("212", "118", "Blood pressure", "mmHg", "Systolic") if words in tile]
    assert "212" in browser(day.nurse).get("/wall/").content.decode()


def test_the_wall_has_initials_and_no_name(day):
    f.to_running(day)
    page = browser(day.desk).get("/wall/").content.decode()
    assert "JR" in page
    assert "Reed" not in page
    assert "REED" not in page


def test_the_ledger_page(day):
    client = browser(day.nurse)
    assert "200 mg" in client.get("/ledger/").content.decode()
    made = once(vial="ketamine (racemic)|10|20", serial="V9", lot="L9", expires_on="2027-01-31")
    assert client.post("/ledger/receive/", made).status_code == 302
    assert client.post("/ledger/receive/", once(**{k: v for k, v in made.items() if k != "once"})).status_code == 422
    assert client.post(f"/ledger/{day.vial.pk}/count/", once(counted_ml="19")).status_code == 302
    assert "differs" in client.get("/ledger/").content.decode()


def test_i2_an_amended_reading_follows_to_chart_note_and_paper(day, monkeypatch):
    f.to_left(day)
    at(monkeypatch, 110)
    doctor, nurse = browser(day.prescriber), browser(day.nurse)
    signed = doctor.post(url(day, "note/sign/"), once(words="Calm session.", password=PASSWORD))
    assert signed.status_code == 302
    assert "AMENDED" not in doctor.get(url(day, "note/")).content.decode()
    row = day.visit.readings.filter(channel="NIBP_SYS").latest("taken_at")
    fixed = once(value="137", reason="Misread device")
    assert nurse.post(url(day, f"readings/{row.pk}/amend/"), fixed).status_code == 302
    for page in (url(day), url(day, "note/")):
        assert "137/79" in doctor.get(page).content.decode()
    assert "Something was corrected after this note was signed" in doctor.get(url(day, "note/")).content.decode()
    words = pdf_words(doctor.get(url(day, "note.pdf")).content)
    assert "137/79" in words
    assert "AMENDED" in words
    assert "127 → 137" in words


def test_the_note_on_paper_is_one_page_with_two_identifiers(day, monkeypatch):
    f.to_left(day)
    at(monkeypatch, 110)
    words = pdf_words(browser(day.prescriber).get(url(day, "note.pdf")).content)
    for wanted in ("REED, Jo", "Born 14-Jul-1985", "Allergies not yet asked", "40 mg", "Page 1 of", "DRAFT", "Ready"):
        assert wanted in words


def pdf_words(content: bytes) -> str:
    """The words of a PDF, in reading order."""
    import shutil
    import subprocess

    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed here")
    return subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=content, capture_output=True, check=True
    ).stdout.decode()


def test_state_records_and_room_are_asked_and_judged(day):
    client = browser(day.nurse)

    def told(item, **fields):
        return client.post(url(day, f"readiness/{item}/"), once(**fields))

    assert told("state", mental_state="cheerful").status_code == 422
    assert told("state", mental_state="as planned", panic_nrs="11").status_code == 422
    told("state", mental_state="as planned", panic_nrs="8", visibly_intoxicated="no", new_event="fall")
    told("records", pdmp_found="undisclosed ketamine", last_session="reviewed", pdmp_looked_up_on=f"{f.AT:%Y-%m-%d}")
    told("room", room_ready="no", iv_access="flushes")
    assert told("room").status_code == 422
    page = client.get(url(day)).content.decode()
    for words in ("panic of 8 or more", "A fall, an emergency visit", "that was not told", "Something of the room"):
        assert words in page
    assert "REMS" not in page


def test_what_was_told_of_alcohol_with_the_medicines_is_read_here(day):
    told = ("hours_since_alcohol", "hours_since_cannabis", "hours_since_cannabis_edible", "hours_since_cocaine")
    for name in told:
        answer = "11" if name == "hours_since_alcohol" else "no"
        an_answer(day.patient, day.nurse, name, answer, happened_at=f.AT)
    preparing.record_facts(
        session=day.session,
        item="state",
        facts={"visibly_intoxicated": f.known(False)},
        words="",
        by=day.nurse,
        at=f.AT,
    )
    decision = readiness.decision(day.session, at=f.later(1), zone=day.nurse.zone)
    (sober,) = [reason for reason in decision.reasons if reason.criterion == "RD-14"]
    assert "Intoxicated, alcohol within 12 h" in sober.words
    assert {fact.name: fact.value for fact in sober.facts} == {"hours_since_alcohol": 11}


def test_e2_medicines_of_today_that_cannot_be_read_come_back_with_the_reason(day):
    answer = browser(day.nurse).post(url(day, "medicines/"), once(**{"hours_since_caffeine.value": "lately"}))
    assert answer.status_code == 422
    assert "is not a number" in answer.content.decode()
