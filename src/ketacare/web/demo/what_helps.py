"""What Jo Reed and her team put down for hard days: a safety plan, who helps her, her doctor, the signed care plan."""

from __future__ import annotations

from datetime import datetime, timedelta

from ketacare.clinic.candidacy import actions as candidacy
from ketacare.clinic.caregivers import actions as caregivers
from ketacare.clinic.careplan import actions as careplan
from ketacare.clinic.careplan import queries
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.days import local_day

PLAN = {
    "warning_signs": "Awake before four\nNot answering friends\n“They would be better off”",
    "coping": "Walk to the harbour\nMusic with headphones",
    "contacts": "Swimming pool, mornings\nMarta, 555 0150",
    "helpers": "Kim (sister), 555 0143, has agreed",
    "professionals": "Teo Lindqvist, by the clinic's number\n988 at any hour",
    "means": "Tablets are with Kim, in weekly boxes",
    "reason_for_living": "The children. The garden in spring.",
}


def put_down(staff: dict[str, Actor], jo: Patient, at: datetime) -> None:
    """The safety plan before the first dose; the rest since then."""
    made_at = at - timedelta(days=16)
    candidacy.write_safety_plan(
        patient=jo, entries=PLAN, made_with="Dr Ines Okafor and Kim Reed", copy_given=True, consent_to_share=True,
        review_on=local_day(made_at, staff["RX"].zone) + timedelta(days=60), after=0, by=staff["RX"], at=made_at,
    )  # fmt: skip
    careplan.say_family_doctor(
        patient=jo, name="Dr Lena Hale", address="Bay Family Practice\n2 High Street, Portland, ME 04101", agrees=True,
        by=staff["FD"], at=made_at,
    )  # fmt: skip
    caregivers.name_caregiver(
        patient=jo, name="Kim Reed", relation="sister", agreed=["safety_plan"], days=90, language="en", by=staff["RN"],
        at=at - timedelta(days=2),
    )  # fmt: skip


def sign_the_plan(staff: dict[str, Actor], jo: Patient, at: datetime) -> None:
    found = queries.gathered(jo, at=at, zone=staff["RX"].zone)
    seen = queries.standing(jo, queries.sections(found), local_day(at, staff["RX"].zone)).seen
    careplan.sign(patient=jo, seen=seen, by=staff["RX"], at=at)
