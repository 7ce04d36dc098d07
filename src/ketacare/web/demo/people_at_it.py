"""Who stands behind the session that runs now: a supervisor, phones, the patient's own plan, advice read back."""

from __future__ import annotations

from datetime import datetime

from ketacare.clinic.channels import actions as calls
from ketacare.clinic.dosing.actions import helping, supervising, timeline
from ketacare.clinic.dosing.models import Kind
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient, User
from ketacare.clinic.supervision import actions as supervision
from ketacare.clinic.supervision.models import Task
from ketacare.web.demo.days import Day

# By post: whoever an unanswered alarm may climb to. 555 01xx belongs to nobody.
PHONES = {"RN": "+12075550161", "RN2": "+12075550162", "RX": "+12075550131", "MD": "+12075550164"}
CALMS = {
    "distress_words": "“Too far away”, or hums without stopping",
    "helps": "Say his name and “chair 3, Harbour Street”.\nRight hand on the arm of the chair; breathe with him, out "
    "longer than in.\nEye mask off, the lamp by the window on.",
    "avoid": "Many questions; two people talking at once",
    "touch": "where",
    "touch_words": "the right shoulder, once he nods",
    "stop_sign": "an open palm",
    "music": "Off first, then the piano list, low",
    "person": "Ada Okoro, his wife, in the waiting room",
}
ADVICE = "Anxious at T+9. If systolic passes 160 stay at 150 mL/h and repeat in 5 min; above 180 pause and call me."
READ_BACK = "Over 160: 150 mL/h goes on, repeat in 5 min. Over 180: pause, call you."


def give_phones(staff: dict[str, Actor], at: datetime) -> None:
    """Everybody on the ladder can be reached outside the house (D6); in a demo the calls are caught and shown."""
    for who, mobile in PHONES.items():
        calls.set_reach(mobile=mobile, by_text=True, by_voice=who in ("RX", "MD"), by_mail=False, by=staff[who], at=at)


def write_plan(staff: dict[str, Actor], patient: Patient, at: datetime) -> None:
    """With his therapist, before the first dose."""
    therapist = User.objects.get(pk=staff["TH"].person_id)
    people.relate(patient=patient, user=therapist, kind="therapist", by=staff["RN"], at=at)
    supervision.write_plan(patient=patient, said=CALMS, by=staff["TH"], at=at)


def stand_by(day: Day) -> None:
    """A prescriber answers for the session, has advised the chair, and was read back; distress has just been tapped."""
    held, nurse, prescriber = day.running, day.staff["RN"], day.staff["RX"]
    supervising.take(session=held, task=Task.SUPERVISES, place="site", by=prescriber, at=day.minute(-3))
    advice = supervising.advise(session=held, words=ADVICE, by=prescriber, at=day.minute(10))
    supervising.read_back(session=held, advice=advice, words=READ_BACK, by=nurse, at=day.minute(11))
    supervising.confirm(session=held, advice=advice, is_so=True, by=prescriber, at=day.minute(11))
    helping.be_present(session=held, by=nurse, at=day.minute(11))
    timeline.record(session=held, kind=Kind.EVENT, name="distress", by=nurse, at=day.minute(12))
