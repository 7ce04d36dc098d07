"""A person about whose safety there is nothing to worry: every question of suicide risk asked today and answered no."""

from decimal import Decimal

from ketacare.medicine.evidence.terms import Fact

NO = ("imminent_risk", "cssrs_refused", *(f"cssrs_{number}" for number in range(1, 7)))
NONE = ("full_risk_assessment_on", "safety_plan_on", "means_counselled", "suicidal_words_on", "activation_on")
NONE_LATELY = ("discharged_for_suicidality_on", "loss_or_means_on", "benefit_fading_on", "ideation_worse_after_dose_on")
SCALES = ("phq_9_item_9", "phq_9_item_9_rise", "madrs_item_10", "qids_item_12", "bss")
VALUES = {
    "cssrs_form": "lifetime",
    **dict.fromkeys((*NO, *NONE, *NONE_LATELY), False),
    **dict.fromkeys(SCALES, Decimal(0)),
}


def calm(on, source="clinician", **changed):
    """These facts as known on a day; a change of None leaves one out."""
    return [fact(name, value, on, source) for name, value in (VALUES | changed).items() if value is not None]


def fact(name, value, on, source="clinician"):
    return Fact(name, value, "1" if isinstance(value, Decimal) else None, on, source)


def as_rows(on):
    """The same as rows of a case in JSON."""
    return [
        {"name": known.name, "value": str(known.value) if known.unit else known.value, "unit": known.unit}
        | {"known_on": on, "source": known.source}
        for known in calm(None)
    ]
