"""A therapist prepares, sits, integrates and writes privately; the patient ticks a small act on a phone, shares a page
of the journal and takes it back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import psycopg
import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from tests.browser import Product
from tests.journeys.paper import every_sheet_says_whose_it_is, nothing_of_a_training_clinic_is_printed
from tests.journeys.people import PHONE, TABLET, Findings, Someone, Team, at_work

from ketacare.clinic.outcomes import actions as outcomes
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient, Role, User
from ketacare.clinic.people.tests.factories import PASSWORD, a_clinic, a_patient, someone
from ketacare.clinic.scheduling.models import Visit, VisitKind
from ketacare.clinic.tenancy.actions import tenant
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.therapy import access
from ketacare.clinic.therapy.models import Homework
from ketacare.clinic.therapy.tests.factories import a_running_session
from ketacare.web import clock

pytestmark = pytest.mark.browser
FAMILY = "Weiss"
# A small act is ticked in 20 s by somebody who reads 150 words a minute; five of them are left to the line.
TICKED_S, LINE_S, SLOW_READER, CHOOSES_S = 20, 5, 150, 1.5
# A browser that turns speech into text on the device, as some do: it hears one sentence.
HEARS = """window.SpeechRecognition = class extends EventTarget {
  static async available() { return "available"; }
  start() {
    const heard = Object.assign([{ transcript: "The kitchen was kind this time" }], { isFinal: true });
    this.dispatchEvent(Object.assign(new Event("result"), { resultIndex: 0, results: [heard] }));
    this.dispatchEvent(new Event("end"));
  }
  stop() {}
};"""
# One that says that it can, and then cannot.
BREAKS = """window.SpeechRecognition = class extends EventTarget {
  static async available() { return "available"; }
  start() { throw new DOMException("there is no recogniser", "InvalidStateError"); }
};"""


@dataclass(frozen=True)
class Room:
    """A dose given two days ago, one that runs now, and both people of the room."""

    team: Team
    owner: str
    therapist: Actor
    outside: Actor
    desk: Actor
    patient: Actor
    record: Patient
    before: Visit
    running: Visit


@pytest.fixture
def room(product: Product, browser: Browser) -> Iterator[Room]:
    at = clock.now()
    with transaction.atomic():
        clinic = a_clinic()
        roles = (Role.FD, Role.RN, Role.TH, Role.ET, Role.PT)
        desk, nurse, therapist, outside, own = (someone(clinic, role) for role in roles)
        patient = a_patient(desk, family=FAMILY, given="Dana")
        patient.user = User.objects.get(pk=own.user_id)
        patient.save()
        user = User.objects.get(pk=therapist.user_id)
        people.relate(patient=patient, user=user, kind="therapist", by=desk, at=at)
        before, running = (a_dose(patient, at - timedelta(hours=hours)) for hours in (48, 1))
        outcomes.schedule_asks(visit=before, dose_at=before.starts_at, by=nurse, at=before.starts_at)
        a_running_session(running)
    findings = Findings({FAMILY})
    team = Team(browser, product.address, findings)
    yield Room(team, product.database.owner.url(), therapist, outside, desk, own, patient, before, running)
    team.go_home()
    findings.leaks("the log", product.log.read_text())
    assert findings.found == []


def a_dose(patient: Patient, starts_at: object) -> Visit:
    return Visit.objects.create(
        organisation_id=patient.organisation_id, clinic_id=patient.clinic_id, created_at=starts_at, patient=patient,
        kind=VisitKind.DOSE, starts_at=starts_at, ends_at=starts_at + timedelta(hours=2),
    )  # fmt: skip


def test_prepare_sit_integrate_write_privately_tick_share_and_take_back(room: Room) -> None:
    the_therapist_works(room)
    the_patient_ticks(room)
    the_patient_shares_and_takes_back(room)
    an_outside_therapist_works_until_midnight(room)


def the_therapist_works(room: Room) -> None:
    therapist = at_work(room.team, room.therapist, "the therapist", TABLET)
    therapist.go(reverse("preparation", args=[room.record.pk]))
    therapist.fill("Intention", "To stand in the kitchen")
    therapist.fill("Length of this visit", "50")
    therapist.press("Keep the preparation")
    therapist.sees("Kept.")
    therapist.look("therapy-preparation")
    therapist.go(reverse("sitting", args=[room.running.pk]))
    therapist.press("Eyes closed")
    therapist.fill("What the patient says", "I am back in the kitchen")
    therapist.press("Keep the words")
    therapist.sees("“I am back in the kitchen”")
    expect(therapist.page.get_by_text("mmHg")).to_have_count(0)
    therapist.look("therapy-sitting")
    therapist.go(reverse("therapy", args=[room.before.pk]))
    therapist.fill("Length", "50")
    therapist.fill("What was worked on", "The kitchen")
    therapist.press("Write the note")
    therapist.sees("Used")
    therapist.look("therapy-integration")
    every_sheet_says_whose_it_is(therapist.page, "WEISS, Dana", "Born 14-Jul-1985")
    nothing_of_a_training_clinic_is_printed(therapist.page)
    therapist.go(reverse("patient-homework", args=[room.record.pk]))
    for label, value in (("The act", "Ten minutes outside"), ("Days", "4"), ("Minutes a day", "10")):
        therapist.fill(label, value)
    therapist.press("Give it, and send the link each morning")
    therapist.sees("Kept.")
    a_note_outlives_a_long_pause(room, therapist)
    therapist.go(reverse("therapy-course", args=[room.record.pk]))
    therapist.look("therapy-course")


def a_note_outlives_a_long_pause(room: Room, therapist: Someone) -> None:
    """What was typed is said to be safe, is closed in its tab, and stands there again once somebody signed in."""
    therapist.go(reverse("private-notes", args=[room.record.pk]))
    therapist.fill("Note", "Mine alone")
    long_idle(therapist)
    therapist.page.evaluate(AN_HOUR_LATER, "Mine alone, and long thought over")
    therapist.sees("What you typed waits in this tab")
    therapist.look("therapy-private-after-a-pause")
    kept = therapist.page.evaluate("() => JSON.stringify(sessionStorage)")
    assert "kept:" in kept
    assert "long thought over" not in kept
    therapist.press("Seal the note")
    therapist.page.wait_for_url("**/account/reauthenticate/**")
    assert "long thought over" not in therapist.page.url
    therapist.page.get_by_label("Password").fill(PASSWORD)
    therapist.page.get_by_role("button", name="Confirm").click()
    expect(therapist.page.get_by_label("Note")).to_have_value("Mine alone, and long thought over")
    therapist.press("Seal the note")
    therapist.sees("Kept.")
    therapist.sees("Mine alone, and long thought over")
    assert "kept:" not in therapist.page.evaluate("() => JSON.stringify(sessionStorage)")
    therapist.look("therapy-private")
    therapist.page.evaluate(AN_HOUR_LATER, "")  # nobody types: the page leaves by itself
    therapist.page.evaluate("() => dispatchEvent(new Event('focus'))")
    therapist.page.wait_for_url("**/account/reauthenticate/**")
    expect(therapist.page.get_by_text("long thought over")).to_have_count(0)


AN_HOUR_LATER = """words => {
  const now = Date.now;
  Date.now = () => now() + 3600000;
  const note = document.querySelector("textarea");
  if (!words || !note) return;
  note.value = words;
  note.dispatchEvent(new Event("input", { bubbles: true }));
}"""


def long_idle(person: Someone) -> None:
    """An hour ago they were seen last, and said who they are."""
    [key] = [cookie["value"] for cookie in person.context.cookies() if cookie["name"] == settings.SESSION_COOKIE_NAME]
    session = SessionStore(key)
    session["seen"] = (clock.now() - timedelta(hours=1)).isoformat()
    session["account_authentication_methods"] = []
    session.save()


def the_patient_ticks(room: Room) -> None:
    with tenant(room.record.organisation_id):
        link = reverse("homework", args=[access.token_for(Homework.objects.get())])
    phone = room.team.on_a_phone("the patient")
    phone.go(link)
    phone.sees("Ten minutes outside")
    words = len(phone.page.locator("main").inner_text().split())
    assert words * 60 / SLOW_READER + CHOOSES_S <= TICKED_S - LINE_S, "read slowly, chosen, and over"
    phone.tap("Done")
    phone.sees("That is all for today")
    phone.look("small-act-ticked")


def a_recogniser_that_fails_takes_no_words_with_it(page: Page) -> None:
    """Nor is one asked again that once took the whole page with it."""
    page.add_init_script(BREAKS)
    page.reload()
    page.get_by_label("Write").fill("Typed before")
    page.locator("[data-voice-button]").click()
    expect(page.locator("[data-voice-words]")).to_contain_text("could not listen")
    expect(page.get_by_label("Write")).to_have_value("Typed before")
    journal = page.url
    page.goto(journal.replace("journal/", ""))  # as if the journal had died: it is not left, and takes no mark away
    page.evaluate("localStorage.setItem('voice-at-work', navigator.userAgent)")
    page.goto(journal)
    expect(page.get_by_label("Write")).to_have_value("Typed before")
    expect(page.locator("[data-voice]")).to_be_hidden()
    page.get_by_label("Write").fill("")
    page.evaluate("localStorage.clear()")


def the_patient_shares_and_takes_back(room: Room) -> None:
    own = at_work(room.team, room.patient, "the patient", PHONE)
    own.go(reverse("me-journal"))
    expect(own.page.locator("[data-voice]")).to_be_hidden()
    a_recogniser_that_fails_takes_no_words_with_it(own.page)
    own.page.add_init_script(HEARS)
    own.page.reload()
    own.page.locator("[data-voice-button]").click()
    expect(own.page.get_by_label("Write")).to_have_value("The kitchen was kind this time")
    own.press("Keep it")
    own.sees("Only you")
    own.press("Share with my therapist")
    own.sees("Take it back")
    own.look("journal-shared")
    therapist = at_work(room.team, room.therapist, "the therapist", TABLET)
    therapist.go(reverse("therapy", args=[room.before.pk]))
    therapist.sees("The kitchen was kind this time")
    own.press("Take it back")
    own.sees("Only you")
    therapist.page.reload()
    expect(therapist.page.get_by_text("The kitchen was kind this time")).to_have_count(0)


def an_outside_therapist_works_until_midnight(room: Room) -> None:
    """The page lies open while the last day ends where the clinic is: the next act is refused, with why and whom to
    ask, and what was typed is there to be copied, and in its form again once the desk has named another day."""
    now = clock.now()
    the_clinic_lies_in(room, WESTMOST)
    last = local_day(now, WESTMOST)
    until(room, last)
    outside = at_work(room.team, room.outside, "the outside therapist")
    page = reverse("preparation", args=[room.record.pk])
    outside.go(page)
    outside.fill("Intention", "To meet her as a friend would")
    outside.fill("Length of this visit", "50")
    the_clinic_lies_in(room, EASTMOST)  # where it is the next day already: nobody can wait for midnight here
    outside.press("Keep the preparation")
    outside.sees("Your access to this record has ended")
    outside.sees(f"Your last day was {last:%d-%b-%Y}; it ended at midnight where the clinic is")
    outside.sees("ask the front desk to name a new last day: North, 555 0100")
    outside.sees("To meet her as a friend would")
    outside.look("access-ended")
    outside.go(page)
    outside.sees("Your access to this record has ended")
    expect(outside.page.get_by_text("To meet her as a friend would")).to_have_count(0)
    until(room, local_day(now, EASTMOST) + timedelta(days=1))
    outside.go(page)
    expect(outside.page.locator("textarea[name=intention]")).to_have_value("To meet her as a friend would")
    outside.press("Keep the preparation")
    outside.sees("Kept.")
    the_calm_page_says_when_it_knows_nothing(room, outside)


def the_calm_page_says_when_it_knows_nothing(room: Room, outside: Someone) -> None:
    """It lies open beside the patient: without an answer for 15 s it vouches for nothing, and once their last day is
    over it shows nothing more of the patient."""
    outside.page.clock.install()
    outside.go(reverse("sitting", args=[room.running.pk]))
    dot = outside.page.locator("#dot .sitting__dot").last
    expect(dot).to_be_visible()
    with outside.cut_off():
        outside.page.clock.run_for(14_000)
        expect(dot).to_be_visible()
        outside.page.clock.run_for(3_000)
        expect(outside.page.get_by_text("Not live: ask the nurse").first).to_be_visible()
        expect(dot).to_be_hidden()
    outside.page.clock.run_for(6_000)
    expect(dot).to_be_visible()
    until(room, local_day(clock.now(), EASTMOST) - timedelta(days=1))
    outside.page.clock.run_for(6_000)
    outside.sees("Your access to this record has ended")


# Their calendars are always a day or two apart.
WESTMOST, EASTMOST = "Etc/GMT+12", "Pacific/Kiritimati"


def the_clinic_lies_in(room: Room, zone: str) -> None:
    """The product may not move a clinic: the owner of the database does."""
    with psycopg.connect(room.owner, autocommit=True) as owner:
        owner.execute("select set_config('ketacare.organisation', %s, false)", [str(room.record.organisation_id)])
        moved = owner.execute("update tenancy_clinic set zone = %s", [zone])
        assert moved.rowcount == 1


def until(room: Room, last: date) -> None:
    user = User.objects.get(pk=room.outside.user_id)
    with tenant(room.record.organisation_id):
        desk = replace(room.desk, zone=WESTMOST)
        people.relate(patient=room.record, user=user, kind="therapist", by=desk, at=clock.now(), until=last)
