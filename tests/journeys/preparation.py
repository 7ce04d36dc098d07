"""From check-in to the start: readiness, order, draw, double check, time-out."""

from __future__ import annotations

import re

from playwright.sync_api import expect
from tests.journeys.journey import BIRTH_YEAR, INITIALS, Journey
from tests.journeys.people import Someone

from ketacare.web.demo.accounts import PASSWORD

# -- 4. Check-in and readiness -----------------------------------------------------------------------------------------


# The C-SSRS since the last visit, by the meaning of what is asked of everybody.
C_SSRS = {
    "Wish to be dead": "No",
    "Thoughts of killing oneself": "No",
    "Anything done, started or prepared to end life": "No",
    "Intent with means at hand": "No",
}
READY = (
    ("identity", {"Birth year": BIRTH_YEAR, "Initials": INITIALS}, {}, "Compare"),
    ("consent", {}, {"What the patient says": "Consents"}, "Save"),
    ("escort", {"Name": "Ash Rowan", "Telephone": "+1 207 555 0178", "Arrives": "1730"}, {"Escort": "Named"}, "Save"),
    (
        "state",
        {"Panic or fear now": "1"},
        {
            "Mental state before the dose": "As planned",
            "Does the patient seem intoxicated?": "No",
            "New since the last visit": "Nothing new",
        },
        "Save",
    ),
    ("pregnancy", {}, {"Is pregnancy possible?": "No"}, "Save"),
    (
        "today",
        {},
        {
            "Heart attack or other cardiovascular event": "No, never",
            "Ischaemic stroke or TIA": "No, never",
            "Head injury": "No, never",
            "Last seizure": "No, never",
            "Blood in the urine": "No",
            "New frequency, urgency or pain when passing urine": "None",
            "Acute infection or vomiting": "No",
            "Airway malformation, or within 7 days respiratory infection or thick secretions": "No",
            "Chest pain, breathlessness, visual change, headache or deficit": "No",
            "General anaesthesia within 7 days": "No",
            "Last ECT": "Not in the last days",
            "Plans to drive": "No",
        },
        "Save",
    ),
    ("allergies", {}, {"Allergy to ketamine": "No", "The list above": "Is right"}, "Save"),
    ("risk", {}, C_SSRS, "Save"),
    ("records", {}, {"Prescription register": "Nothing new", "Last session": "This is the first"}, "Save"),
    ("room", {}, {"Is the room complete?": "Yes", "Intravenous access": "20 to 22 G"}, "Save"),
    ("weight", {"Weight today": "72.5"}, {}, "Save"),
)


def the_nurse_makes_ready_and_says_go(journey: Journey) -> None:
    nurse = journey["nurse"]
    nurse.look("home-nurse")
    nurse.go(f"/patients/{journey.patient}/")
    nurse.look("chart")
    nurse.page.locator("ul.visits a").first.click()
    journey.visit = nurse.page.url.split("/sessions/")[1].split("/")[0]
    nurse.look("check-in")
    nurse.choose("Free chairs", "Chair 2")
    nurse.press("Check in")
    nurse.sees("hold this back")
    nurse.look("readiness-unknown")
    medicines_gone_through(nurse)
    answer_all(nurse)
    fasted(nurse)
    vital_signs_before(nurse)
    nurse.look("readiness-go")
    nurse.press("Go")
    nurse.sees("Not signed yet.")


def answer_all(nurse: Someone) -> None:
    for item, typed, chosen, button in READY:
        with nurse.inside(f"#{item}"):
            answer_item(nurse, item, typed, chosen, button)


LATELY = ("Last alcohol", "Last cannabis, inhaled", "Last cannabis, eaten", "Last cocaine", "Last psilocybin",
          "Last ayahuasca", "Last ketamine", "Last coffee")  # fmt: skip


def medicines_gone_through(nurse: Someone) -> None:
    """The list of the evaluation, gone through with the patient and signed today."""
    with nurse.inside("#medicines"):
        opened(nurse, "medicines")
        nurse.follow("Go through the medicines")
    nurse.sees("Since the last visit")
    nurse.look("medicines-today")
    for substance in LATELY:
        nurse.choose(substance, "Not lately")
    nurse.press("I went through this with the patient today")
    expect(nurse.page.locator("#medicines")).to_have_class(re.compile("check--go"))


def answer_item(nurse: Someone, item: str, typed: dict[str, str], chosen: dict[str, str], button: str) -> None:
    opened(nurse, item)
    for label, value in typed.items():
        nurse.fill(label, value)
    for legend, choice in chosen.items():
        nurse.choose(legend, choice)
    nurse.press(button)
    expect(nurse.page.locator(f"#{item}")).to_have_class(re.compile("check--go"))


def opened(nurse: Someone, item: str) -> None:
    box = nurse.page.locator(f"details#{item}")
    if not box.evaluate("box => box.open"):
        box.locator("summary").click()


def fasted(nurse: Someone) -> None:
    """Food and drink twelve hours and three hours ago, in the clinic's own time."""
    food, drink = nurse.page.evaluate(HOURS_AGO, [12, 3])
    with nurse.inside("#fasting"):
        answer_item(nurse, "fasting", {"Last food": food, "Last clear drink": drink}, {}, "Save")


HOURS_AGO = """hours => {
  const clock = new Intl.DateTimeFormat("sv", { timeZone: "America/New_York", timeStyle: "short" });
  return hours.map(ago => clock.format(new Date(Date.now() - ago * 3600000)).replace(":", ""));
}"""


def vital_signs_before(nurse: Someone) -> None:
    """By keyboard alone: one field after the other, and Enter."""
    opened(nurse, "vitals")
    nurse.page.locator("#vitals").get_by_label("Blood pressure").focus()
    nurse.type("124/78", "Tab", "70", "Tab", "98", "Tab", "14", "Tab", "36.7", "Enter")
    expect(nurse.page.locator("#vitals")).to_have_class(re.compile("check--go"))


# -- 5. Order, draw, double check, time-out, start ---------------------------------------------------------------------


def the_dose_is_ordered_drawn_and_checked_by_two(journey: Journey) -> None:
    receive_a_vial(journey["nurse"])
    write_the_order(journey["prescriber"], journey.visit)
    nurse, second = journey["nurse"], journey["nurse.two"]
    nurse.go(f"/sessions/{journey.visit}/")
    with nurse.inside("#dose"):
        nurse.choose("Vial of 10 mg/mL", "V-401")
        nurse.fill("Volume in the syringe", "3.6")
        nurse.press("I have drawn 3.6 mL (36 mg)")
    nurse.sees("A second person checks")
    nurse.look("double-check-for-the-first")
    second.go(f"/sessions/{journey.visit}/")
    second.follow("Enter the double check")
    second.look("double-check-empty")
    check_blind(second, dose="35")
    second.sees("Stop: it does not match")
    second.look("double-check-mismatch")
    check_blind(second, dose="36")
    second.sees("double check agrees")
    nurse.page.reload()
    read_the_time_out(nurse)


def receive_a_vial(nurse: Someone) -> None:
    nurse.go("/ledger/")
    nurse.page.get_by_text("Receive a vial").click()
    nurse.choose("Strength and size", "ketamine (racemic) 10 mg/mL")
    nurse.fill("Serial or own number", "V-401")
    nurse.fill("Lot", "KT-2291")
    nurse.fill("Expires", "2035-01-31")
    nurse.press("Receive")
    expect(nurse.page.get_by_role("rowheader", name="V-401")).to_be_visible()
    nurse.look("ledger")


def write_the_order(prescriber: Someone, visit: str) -> None:
    prescriber.go(f"/sessions/{visit}/")
    prescriber.follow("Write the order")
    prescriber.look("order-empty")
    prescriber.fill("Dose", "0.5")
    prescriber.choose("Vial strength at hand", "10 mg/mL")
    prescriber.press("Work it out")
    prescriber.sees("a 5 mL syringe shows 0.2 mL steps: draw 3.6 mL = 36 mg")
    prescriber.look("order-worked-out")
    prescriber.fill("Your password, to sign", PASSWORD)
    prescriber.press("Sign the order: 36.25 mg in 40 min")
    prescriber.sees("Signed by")


def check_blind(second: Someone, dose: str) -> None:
    """By keyboard alone, field after field."""
    second.page.get_by_label("Patient's birth year").focus()
    for value in (BIRTH_YEAR, INITIALS, "ketamine (racemic)"):
        second.type("Control+A", value, "Tab")
    second.type("Space", "Tab")  # the first of the routes: into a vein
    for value in (dose, "10", "3.6", "100", "150"):
        second.type("Control+A", value, "Tab")
    second.type("Enter")
    second.page.wait_for_load_state()


def read_the_time_out(nurse: Someone) -> None:
    for box in nurse.page.get_by_role("checkbox").all():
        box.check()
    nurse.fill("Birth year", BIRTH_YEAR)
    nurse.fill("Initials", INITIALS)
    nurse.fill("Your password", PASSWORD)
    nurse.look("time-out")
    nurse.press("All said")
    nurse.sees("Press when you press the pump")
    nurse.look("start")
