"""A day that nothing holds back, as it is charted at the chair: what the demo clinic and the tests begin with."""

from decimal import Decimal

from ketacare.clinic.dosing.queries.facts import known

# The C-SSRS since the last visit, by number: what is asked of everybody, and no to all of it.
NO_RISK = dict.fromkeys(("1", "2", "6", "imminent"), False)
# What only the day can answer.
TODAY = {
    "cardiovascular_event_on": known(False),
    "stroke_or_tia_on": known(False),
    "head_injury_on": known(False),
    "last_seizure_on": known(False),
    "haematuria": known(False),
    "bladder_symptoms": known("none"),
    "acutely_ill": known(False),
    "airway_or_respiratory_problem": known(False),
    "pressure_symptoms": known(False),
    "anaesthesia_within_7_days": known(False),
    "hours_since_ect": known(False),
    "plans_to_drive": known(False),
}
STATE = {
    "mental_state": known("as planned"),
    "panic_nrs": known(Decimal(1), "{score}"),
    "visibly_intoxicated": known(False),
    "new_event": known("none"),
    "hours_since_alcohol": known(False),
    "hours_since_cannabis": known(False),
    "hours_since_cannabis_edible": known(False),
    "hours_since_cocaine": known(False),
}
WELL = {
    "pregnancy": {"childbearing_potential": known(False)},
    "medicines": {
        "medicines_reconciled": known(True),
        "interacting_medicine_taken": known(False),
        "medicine_not_lifted": known(False),
    },
    "allergies": {"ketamine_allergy": known("no")},
    "state": STATE,
    "today": TODAY,
    "records": {"pdmp_found": known("no register"), "last_session": known("reviewed")},
    "room": {"room_ready": known(True), "iv_access": known("flushes"), "rems_met": known(True)},
}
