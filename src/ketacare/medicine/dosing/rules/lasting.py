"""How long what was found of a patient holds: what disturbs it, and what nothing undoes (H12)."""

# What makes people wait longer: a rescue or reversal medicine, or a vomit that may have been breathed in. A medicine
# of which nobody can say what it is may be any of them.
RESCUED = ("rescue_iv_at", "rescue_po_at", "medicine_at")
WAITS = {
    "rescue_iv_at": "after_rescue_iv",
    "rescue_po_at": "after_rescue_po",
    "reversal_at": "after_reversal",
    "medicine_at": "after_reversal",
    "airway_event_at": "after_airway_event",
}
# After any of these, and after a sign that alarmed, nobody knows how the patient is until somebody has looked again.
DISTURB = (*WAITS, "sign_at")
# What is examined of somebody who is fully awake.
AWAKE = frozenset(
    {
        *("orientation", "romberg", "gait", "walk_s"),
        *("standing_fall_sbp", "standing_fall_dbp", "dizzy_standing"),
    }
)
# What a dose that has yet to act leaves as it was: asked at its peak, and after.
AT_THE_PEAK = frozenset({"moaas", "dissociation", "frightening_perceptions", "distress"})
# By which figure of the sheet each grows old. What is measured and scored changes by itself; what is examined and asked
# of somebody who is awake again holds longer, and not for the rest of the day.
VITALS, EXAM = "vitals_valid", "exam_valid"
AGES = {
    **dict.fromkeys(("sbp", "dbp", "hr", "spo2", "rr", "nausea", "moaas", "dissociation", "distress"), VITALS),
    **dict.fromkeys((*AWAKE, "frightening_perceptions", "new_suicidal_or_violent_intent", "pain_acceptable"), EXAM),
}
# What none of them undoes. Vomiting and oxygen undo by themselves what was said of fluids and of room air.
LASTS = frozenset(
    {
        *("on_air", "fluids_kept", "vomited", "safety_plan_held", "line_out", "site_fine"),
        *("escort_name", "escort_relation", "escort_phone", "escort_present", "escort_told", "transport_seen"),
        *("instructions_taught_back", "emergency_number_given", "next_contact"),
    }
)
