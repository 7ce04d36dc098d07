"""From the referral to the signed plan."""

from __future__ import annotations

import re

from playwright.sync_api import expect
from tests.journeys.before import signed_on_paper
from tests.journeys.journey import BORN_ON, FAMILY, GIVEN, Journey
from tests.journeys.people import Someone

from ketacare.clinic.candidacy.queries.vocabulary import GROUPS
from ketacare.clinic.candidacy.tests.ordinary import ordinary, posted
from ketacare.clinic.tenancy.days import local_day
from ketacare.web.clock import now

# -- 1. Referral -------------------------------------------------------------------------------------------------------


def a_referral_is_recorded_once(journey: Journey) -> None:
    desk = journey["front.desk"]
    desk.look("home-front-desk")
    write_referral(desk)
    desk.look("referral-new")
    desk.press("Save referral")
    desk.page.wait_for_url(re.compile(r"/referrals/[0-9a-f-]{36}/$"))
    desk.look("referral")
    write_referral(desk)
    desk.press("Save referral")
    desk.sees("Is it one of these people?")
    desk.look("referral-duplicate-warning")
    desk.follow("Leave without saving")
    expect(desk.page.get_by_role("link", name=f"{FAMILY.upper()}, {GIVEN}")).to_have_count(1)
    desk.look("referrals")


def write_referral(desk: Someone) -> None:
    desk.go("/referrals/new")
    desk.fill("Family name", FAMILY)
    desk.fill("Given name", GIVEN)
    desk.fill("Date of birth", BORN_ON)
    desk.choose("Sex", "Male")
    desk.fill("Telephone", "+1 207 555 0177")
    desk.choose("May we send a text message?", "Yes")
    desk.choose("Is it safe to leave a voicemail?", "No")
    desk.choose("Who asks", "Another clinician")
    desk.fill("Name and practice of whoever refers", "Dr Paul Nkemelu")
    desk.fill("Why", "Depression for two years; two medicines without relief.")
    desk.choose("How soon", "Soon, within a week")


# -- 2. Evaluation -----------------------------------------------------------------------------------------------------


TRIALS = (("sertraline", "150", "10"), ("venlafaxine", "225", "9"))
PHQ9 = (3, 3, 3, 2, 2, 3, 2, 1, 0)


def the_answer_goes_from_unknown_to_permit(journey: Journey) -> None:
    prescriber = journey["prescriber"]
    prescriber.look("home-prescriber")
    prescriber.follow("Referrals")
    prescriber.follow(f"{FAMILY.upper()}, {GIVEN}")
    prescriber.follow("Evaluate")
    prescriber.page.wait_for_url("**/evaluation/")
    journey.patient = prescriber.page.url.split("/patients/")[1].split("/")[0]
    answer = prescriber.page.locator("#answer")
    expect(answer).to_contain_text("Not yet")
    prescriber.look("evaluation-unknown")
    ask_history(prescriber)
    ask_the_screener(prescriber)
    add_trials(prescriber)
    examine(prescriber)
    ask_phq9(prescriber)
    assess_capacity(prescriber)
    expect(answer).to_contain_text("Yes: nothing known holds this back")
    prescriber.look("evaluation-permit")
    accept(prescriber)


def accept(prescriber: Someone) -> None:
    with prescriber.inside("#decision"):
        prescriber.choose("You decide", "Accept")
        prescriber.fill("Why", "Two adequate trials without response.")
        prescriber.fill("Why all the same", "Other treatments and risks were gone through by telephone.")
        prescriber.press("Sign the decision")
        prescriber.sees("Accept")


def ask_history(prescriber: Someone) -> None:
    """Group after group, as an ordinary person answers; then nothing of it is missing any more."""
    fields = posted(ordinary(local_day(now(), "America/New_York")))
    for group in ("#plan", *(f"#g-{name.replace(' ', '-')}" for name in GROUPS)):
        answer_group(prescriber, group, fields)
    prescriber.look("evaluation-history")


def ask_the_screener(prescriber: Someone) -> None:
    """By number, from the clinic's own form: no to every question that is reached."""
    with prescriber.inside("#risk") as risk:
        for question in ("1", "2", "6", "imminent"):
            risk.locator(f"input[name='q-{question}'][value=no]").check()
        prescriber.press("Save the screener")
        prescriber.sees("T0 None")


def answer_group(prescriber: Someone, group: str, fields: dict[str, str]) -> None:
    place = prescriber.page.locator(group)
    if place.count() == 0:
        return
    opener = place.locator("a.group__line, summary").first
    if opener.count() and not place.locator("form").first.is_visible():
        opener.click()
        expect(place.locator("form").first).to_be_visible()
    place.locator("form").first.evaluate(FILL, fields)
    place.get_by_role("button", name=re.compile("Save th")).click()
    expect(prescriber.page.locator(group)).to_contain_text("Saved")


# Pressing a hundred buttons one by one would test the browser, not the page.
FILL = """(form, fields) => {
  for (const [name, value] of Object.entries(fields))
    for (const field of form.querySelectorAll(`[name="${name}"]`))
      if (field.type === "radio") field.checked = field.value === value;
      else field.value = value;
  const source = form.querySelector("[name=source]");
  if (source) source.value = "clinician";
}"""


def add_trials(prescriber: Someone) -> None:
    for medicine, dose, weeks in TRIALS:
        with prescriber.inside("#trials") as trials:
            adding = trials.locator("details").filter(has_text="Add an antidepressant").first
            if not adding.evaluate("box => box.open"):
                trials.get_by_text("Add an antidepressant").click()
            prescriber.fill("Antidepressant", medicine)
            prescriber.fill("Daily dose, mg", dose)
            prescriber.fill("for weeks at dose 1", weeks)
            prescriber.choose("Taken on", "At least 80")
            prescriber.choose("What it did", "25 %")
            prescriber.choose("In this episode", "Yes")
            prescriber.press("Add to the list")
            prescriber.sees(medicine)
            prescriber.sees(f"{dose} mg")


def assess_capacity(prescriber: Someone) -> None:
    with prescriber.inside("#capacity") as capacity:
        capacity.locator("summary").first.click()
        for yes in capacity.locator("input[type=radio][value=yes]").all():
            yes.check()
        prescriber.press("Save the assessment")
        prescriber.sees("Has capacity")


def examine(prescriber: Someone) -> None:
    with prescriber.inside("#medicines") as medicines:
        medicines.get_by_role("button", name="Asked: takes none").click()
        prescriber.sees("Takes no medicines")
    with prescriber.inside("#allergies") as allergies:
        allergies.get_by_text("Ask", exact=True).click()
        prescriber.choose("Allergies", "No known allergies")
        prescriber.press("Save allergies")
        prescriber.sees("No known allergies")
    with prescriber.inside("#body"):
        prescriber.fill("Weight", "72.5")
        prescriber.fill("Height", "178")
        prescriber.press("Save weight")
        prescriber.sees("72.5")
    with prescriber.inside("#vitals"):
        prescriber.fill("Blood pressure", "124/78")
        prescriber.fill("Pulse", "70")
        prescriber.fill("SpO2", "98")
        prescriber.press("Save vital signs")
        prescriber.sees("124/78 mmHg")


def ask_phq9(prescriber: Someone) -> None:
    with prescriber.inside("#phq9") as questions:
        questions.get_by_text("Ask the nine questions").click()
        for number, answer in enumerate(PHQ9, start=1):
            questions.get_by_role("group", name=re.compile(rf"^{number}\. ")).get_by_role("radio").nth(answer).check()
        prescriber.press("Save answers")
        prescriber.sees(str(sum(PHQ9)))


# -- 3. Enrolment ------------------------------------------------------------------------------------------------------


def the_plan_is_signed(journey: Journey) -> None:
    prescriber = journey["prescriber"]
    signed_on_paper(journey.patient, now())
    prescriber.follow("Enrol and sign the plan")
    prescriber.page.wait_for_url(re.compile("enrolment"))
    prescriber.confirm_if_asked()
    today, hour = prescriber.page.evaluate(NEW_YORK_NOW)
    prescriber.fill("First dose on", today)
    prescriber.page.locator("input[type=time][name=starts]").fill(hour)
    prescriber.press("Show these days")
    prescriber.page.wait_for_url(re.compile(r"[?&]starts=" + hour.replace(":", "(:|%3A)")))
    prescriber.fill("What this person hopes for", "To sleep through; to draw again.")
    prescriber.look("enrolment")
    prescriber.press("Sign the plan and book 6 visits")
    prescriber.page.wait_for_function(
        "location.pathname.endsWith('/plan/') || document.querySelector('[data-errors]') !== null"
    )
    if prescriber.page.locator("[data-errors]").count():  # the journey runs at any hour, also where the site is closed
        prescriber.fill("Against a rule of the site, because", "The clinic opens for this course")
        prescriber.press("Sign the plan and book 6 visits")
    prescriber.page.wait_for_url("**/plan/")
    prescriber.sees("0.5 mg/kg")
    prescriber.look("plan")


# The demo clinic's own day and hour, whatever the machine's zone.
NEW_YORK_NOW = """() => {
  const parts = new Intl.DateTimeFormat("sv", { timeZone: "America/New_York", dateStyle: "short", timeStyle: "short" });
  return parts.format(new Date()).split(" ");
}"""
