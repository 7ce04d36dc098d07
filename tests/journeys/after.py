"""Going home, the note, the check-in of the next day, the concern, integration and the curve."""

from __future__ import annotations

from playwright.sync_api import expect
from tests.journeys.before import HOME_SINCE_YESTERDAY, measured_at_the_door
from tests.journeys.journey import Journey
from tests.journeys.people import Someone

from ketacare.web import clock
from ketacare.web.demo.accounts import PASSWORD

# -- 8. Stop, recovery, going home -------------------------------------------------------------------------------------


def the_dose_is_stopped_and_the_patient_goes_home(journey: Journey) -> None:
    """Time can't be hurried: this patient is not ready, and leaves early by the prescriber's reasoned decision."""
    nurse, prescriber = journey["nurse"], journey["prescriber"]
    with nurse.inside("#dose"):
        nurse.choose("Why", "Patient asks")
        nurse.press("I have stopped the pump")
        nurse.sees("The dose has ended.")
        nurse.follow("Discharge")
    nurse.sees("Not ready")
    expect(nurse.page.get_by_role("button", name="Patient has left")).to_have_count(0)
    nurse.look("discharge-not-ready")
    waste_the_rest(nurse)
    prescriber.go(f"/sessions/{journey.visit}/release/")
    prescriber.page.get_by_text("Nobody comes, or it goes another way").click()
    prescriber.page.get_by_text("Leaves early, the prescriber agrees").click()
    with prescriber.inside("#way-early"):
        prescriber.fill("Why", "Feels well, asked to stop; his brother drives and stays the night.")
        prescriber.fill("Prescriber told", "I decide it here")
        prescriber.press("Left this way")
    prescriber.sees("Left at")


def waste_the_rest(nurse: Someone) -> None:
    with nurse.inside("#drug"):
        nurse.choose("The rest of the vial", "Is wasted too")
        nurse.choose("How", "Squirted into absorbent")
        nurse.fill("Witness's email", "nurse.two@demo.example")
        nurse.fill("Witness's password", PASSWORD)
        nurse.press("Wasted and witnessed")
    with nurse.inside("#drug"):
        nurse.sees("adds up")
        nurse.sees("witness Kit Alvarez")
    nurse.look("wasted-with-witness")


WAY_HOME = ("Escort is here, seen", "Escort told: no driving today", "Transport seen")


def another_goes_home_once_nothing_is_unknown(journey: Journey) -> None:
    nurse = journey["nurse"]
    measured_at_the_door(journey.before.recovering, clock.now())
    nurse.go(f"/sessions/{journey.before.recovering}/release/")
    nurse.sees("Not ready: 1 of 12 open")
    nurse.sees("not recorded since the dose ended")
    nurse.look("discharge-one-unknown")
    record = nurse.page.get_by_text("Record what you find")
    if not record.evaluate("words => words.closest('details').open"):
        record.click()
    nurse.fill("Escort's name", "Alex Rowan")
    nurse.fill("Relation", "brother")
    nurse.fill("Telephone", "555 0143")
    for question in WAY_HOME:
        nurse.choose(question, "Yes")
    nurse.press("Save what I found")
    nurse.sees("Ready to leave since")
    nurse.look("discharge-ready")
    nurse.press("Patient has left")
    nurse.sees("ready at")
    nurse.look("discharge-left")


# -- 9. The note -------------------------------------------------------------------------------------------------------


def the_note_is_signed(journey: Journey) -> None:
    prescriber = journey["prescriber"]
    prescriber.go(f"/sessions/{journey.visit}/note/")
    prescriber.look("note-to-sign")
    prescriber.fill("Your assessment", "Tolerated well until he asked to stop. Same dose next time, more slowly.")
    prescriber.fill("Your password, to sign", PASSWORD)
    prescriber.press("Sign the note")
    prescriber.sees("Signed Dr Ines Okafor")
    prescriber.look("note-signed")
    paper = prescriber.context.request.get(f"/sessions/{journey.visit}/note.pdf")
    assert paper.status == 422, "this is a training clinic (H39)"


# -- 10. At home -------------------------------------------------------------------------------------------------------


def the_check_in_is_answered_on_a_phone(journey: Journey) -> None:
    """Dosed yesterday: the link of the next day's check-in, from the outbox, answered in Spanish with one thumb."""
    desk = journey["front.desk"]
    desk.go("/outbox/")
    desk.look("outbox")
    link = newest_link(desk)
    phone = journey.team.on_a_phone("a phone", "es-US")
    phone.go(link)
    phone.look("phone-first-question")
    phone.tap("Español")
    answer_the_scales(phone)
    phone.sees("¿ha pensado en quitarse la vida?")
    phone.look("phone-safety-question")
    phone.tap("Sí, y vuelve a pasarme")
    phone.sees("Por favor, hable con alguien ahora.")
    phone.sees("988")
    phone.look("phone-crisis")
    with phone.page.expect_navigation():
        phone.page.locator(".phone__skip a").tap()
    answer_the_rest(phone)
    phone.sees("¿Hay algo que quiera contarnos?")
    with phone.page.expect_navigation():
        phone.page.locator(".phone__skip a").tap()
    phone.tap("Enviar mis respuestas")
    phone.sees("Sus respuestas ya están en su clínica.")
    phone.look("phone-sent")


def newest_link(desk: Someone) -> str:
    link = (
        desk.page.locator("li.duty").filter(has_text="24-hour check-in").get_by_role("link").first.get_attribute("href")
    )
    assert link is not None
    return link


def answer_the_scales(phone: Someone) -> None:
    for answer in ("40", "30"):
        expect(phone.page.locator("#answer")).to_have_value("")
        phone.page.locator("#answer").fill(answer)
        phone.tap("Siguiente")
    phone.page.get_by_role("checkbox").first.tap()
    phone.look("phone-side-effects")
    phone.tap("Siguiente")


def answer_the_rest(phone: Someone) -> None:
    """The reassuring answer to each: feeling safe is the one question to which that is yes."""
    for answer in ("Sí", "No", "No", "No"):
        phone.tap(answer)


def the_concern_is_seen(journey: Journey) -> None:
    prescriber, director = journey["prescriber"], journey["medical.director"]
    director.look("home-director")
    director.go("/on-call/")
    expect(director.page.get_by_role("listitem").filter(has_text="Dr Ines Okafor").first).to_be_visible()
    director.look("on-call")
    prescriber.go("/concerns/")
    prescriber.sees("On call now")
    prescriber.look("concerns")
    prescriber.page.locator("li.duty", has_text=HOME_SINCE_YESTERDAY.given).get_by_role("link").first.click()
    prescriber.look("concern")
    prescriber.press("I have seen it, it is mine")
    expect(prescriber.page.locator("dl.facts")).to_contain_text("Dr Ines Okafor")
    prescriber.look("concern-seen")


def the_therapist_writes_a_short_note(journey: Journey) -> None:
    therapist = journey["therapist"]
    therapist.look("home-therapist")
    therapist.go(f"/therapy/{journey.before.yesterday}/")
    therapist.look("integration")
    therapist.fill("Length", "50")
    therapist.fill("What was worked on", "Images of the sea; what she wants to say to her sister.")
    therapist.fill("What else is agreed", "A letter, not sent. Next week.")
    therapist.press("Write the note")
    expect(therapist.page.locator("article")).to_contain_text("Images of the sea")
    therapist.look("integration-written")


# -- 11. The curve -----------------------------------------------------------------------------------------------------


def the_curve_shows_that_it_helps(journey: Journey) -> None:
    prescriber = journey["prescriber"]
    prescriber.go(f"/patients/{journey.before.yesterdays_patient}/outcome/")
    prescriber.sees("PHQ-9")
    prescriber.look("outcome-after-one-dose")
    prescriber.go("/patients/")
    prescriber.look("patients")
    prescriber.follow("REED, Joanna")
    prescriber.look("chart-in-a-course")
    prescriber.go(f"{prescriber.page.url}outcome/")
    prescriber.sees("response")
    prescriber.look("outcome")
