"""The intake: who hands it out, how it locks, what is said becomes facts at once, and nothing said is overwritten."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from ketacare.clinic.audit.models import Line
from ketacare.clinic.candidacy import access, actions, queries
from ketacare.clinic.candidacy.actions import answering, asking, taking_over
from ketacare.clinic.candidacy.actions.taking_over import Becoming, Fact, Verdict
from ketacare.clinic.candidacy.forms import screens
from ketacare.clinic.candidacy.forms.becoming import becoming
from ketacare.clinic.candidacy.forms.listed import as_trial
from ketacare.clinic.candidacy.models import (
    HistoryAnswer,
    Intake,
    ListState,
    MedicineList,
    NothingTried,
    Said,
    Source,
    TreatmentCourse,
    TrialEntry,
)
from ketacare.clinic.candidacy.queries import intake as intakes
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.duties.tests.factories import AT, Place, place
from ketacare.clinic.links.access import link_actor
from ketacare.clinic.outcomes import tasks
from ketacare.clinic.outcomes.models import Answers, MessageOut, Score
from ketacare.clinic.people import actions as people
from ketacare.clinic.people import queries as known
from ketacare.clinic.people.access import Actor, NotAllowed, NotHere
from ketacare.clinic.people.models import Allergies, AllergyState, Contact, Role
from ketacare.clinic.protocols.tests.factories import an_own_copy, signed
from ketacare.clinic.safety.models import Concern
from ketacare.clinic.scheduling.models import Visit, VisitKind
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(hours=2)


def an_intake(here: Place, way: str = "hand", **contact: Any) -> Intake:
    patient = here.patient()
    if contact:
        people.keep_contact(patient=patient, by=here.staff(Role.FD), at=AT, amend_reason="", **contact)
    return asking.send_intake(patient=patient, way=way, by=here.staff(Role.FD), at=AT)


def say(intake: Intake, screen: str, values: Any, at=AT, by: Actor | None = None) -> Said:
    becomes = becoming(screens.screen(screen), values, at.date(), intakes.intake_lines(intake.patient))
    return answering.keep_screen(
        intake=intake, screen=screen, values=values, becoming=becomes, by=by or link_actor(intake), at=at
    )


def standing(intake: Intake, name: str) -> list[tuple[str, str]]:
    rows = HistoryAnswer.objects.current().filter(patient=intake.patient, name=name).order_by("recorded_at")
    return [(row.source, row.answer) for row in rows]


# -- handing out -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.FD, Role.RN, Role.RX])
def test_desk_nurse_and_prescriber_hand_it_out_others_do_not(here: Place, role):
    patient = here.patient()
    for other in (Role.AU, Role.TH, Role.PT, Role.RC):
        with pytest.raises(NotAllowed):
            asking.send_intake(patient=patient, way="hand", by=here.staff(other), at=AT)
    intake = asking.send_intake(patient=patient, way="hand", by=here.staff(role), at=AT)
    assert (intake.state, intake.link_until - AT) == ("sent", timedelta(days=14))
    with pytest.raises(NotHere):
        asking.send_intake(patient=patient, way="hand", by=place().staff(role), at=AT)


@pytest.mark.parametrize(
    ("contact", "refused"),
    [
        ({}, {"text", "email"}),
        ({"telephone": "555 0182", "may_text": True}, {"email"}),
        ({"telephone": "555 0182", "may_text": False, "email": "a@b.example", "may_email": True}, {"text"}),
        ({"telephone": "555 0182", "may_text": None}, {"text", "email"}),
    ],
)
def test_it_goes_out_only_as_the_person_wished_and_not_asked_is_not_yes(here: Place, contact, refused):
    patient = here.patient()
    people.keep_contact(patient=patient, by=here.staff(Role.FD), at=AT, amend_reason="", **contact)
    assert {way for way, _, why_not in intakes.ways_for(patient) if why_not} == refused
    for way in sorted(refused):
        with pytest.raises(Refused):
            asking.send_intake(patient=patient, way=way, by=here.staff(Role.FD), at=AT)
    assert not Intake.objects.exists()


def test_a_text_message_is_written_caught_in_the_demo_and_withdrawn_when_it_is_back(here: Place):
    intake = an_intake(here, "text", telephone="555 0182", may_text=True, language="es")
    message = MessageOut.objects.get()
    assert (message.way, message.language, message.title) == ("text", "es", "Intake")
    asking.send_again(intake=intake, way="text", by=here.staff(Role.FD), at=AT)
    assert sorted(MessageOut.objects.values_list("state", flat=True)) == ["needless", "waiting"]
    tasks.deliver_due(AT, caught=True)
    here.enter()
    assert sorted(MessageOut.objects.values_list("state", flat=True)) == ["caught", "needless"]


def test_h23_without_a_gateway_sending_it_is_a_duty_that_ends_when_it_is_back(here: Place):
    intake = an_intake(here, "text", telephone="555 0182", may_text=True)
    tasks.deliver_due(AT, caught=False)
    here.enter()
    duty = Duty.objects.get(kind="message.send")
    assert duty.title == "Send an intake link by hand"
    answering.hand_in(intake=intake, by=link_actor(intake), at=LATER)
    assert not Duty.objects.filter(state="open").exclude(kind="risk.unsaid").exists()
    assert MessageOut.objects.get().state == "needless"


def test_one_intake_at_a_time_and_a_new_one_after_it_is_over(here: Place):
    intake, desk = an_intake(here), here.staff(Role.FD)
    with pytest.raises(Refused, match="is out already"):
        asking.send_intake(patient=intake.patient, way="hand", by=desk, at=AT)
    with pytest.raises(Refused, match="reason"):
        asking.revoke_intake(intake=intake, reason=" ", by=desk, at=AT)
    asking.revoke_intake(intake=intake, reason="Wrong person", by=desk, at=AT)
    assert asking.send_intake(patient=intake.patient, way="hand", by=desk, at=LATER).pk != intake.pk
    for act in (asking.send_again, asking.revoke_intake):
        more = {"way": "hand"} if act is asking.send_again else {"reason": "Again"}
        with pytest.raises(Refused, match="taken back"):
            act(intake=intake, by=desk, at=LATER, **more)


def test_somebody_calls_a_day_before_the_visit_if_it_is_not_back(here: Place):
    patient, starts_at = here.patient(), AT + timedelta(days=6)
    Visit.objects.create(
        organisation_id=here.clinic.organisation_id, clinic=here.clinic, created_at=AT, patient=patient,
        kind=VisitKind.EVALUATION, starts_at=starts_at, ends_at=starts_at + timedelta(hours=1),
    )  # fmt: skip
    intake = asking.send_intake(patient=patient, way="hand", by=here.staff(Role.RX), at=AT)
    assert (intake.duty.owner_role, intake.duty.due_at) == ("FD", starts_at - timedelta(days=1))
    answering.hand_in(intake=intake, by=link_actor(intake), at=LATER)
    intake.duty.refresh_from_db()
    assert intake.duty.state == "closed"


# -- the link and the year ---------------------------------------------------------------------------------------------


def test_k1_a_forged_replaced_or_foreign_link_is_not_here(here: Place):
    intake = an_intake(here)
    token = access.token_for(intake)
    assert access.intake_by_link(token) == intake
    for forged in (token[:-1] + ("A" if token[-1] != "A" else "B"), "x" + token, "", token.split(".")[0]):
        with pytest.raises(NotHere):
            access.intake_by_link(forged)
    asking.send_again(intake=intake, way="hand", by=here.staff(Role.FD), at=AT)
    with pytest.raises(NotHere):
        access.intake_by_link(token)


def test_five_wrong_years_lock_it_somebody_calls_and_a_new_link_opens_it(here: Place):
    intake = an_intake(here)
    for tried in range(1900, 1905):
        assert not answering.try_year(intake=intake, year=tried, by=link_actor(intake), at=AT)
    intake.refresh_from_db()
    assert intakes.intake_standing(intake, AT).why == "locked"
    assert not answering.try_year(intake=intake, year=1985, by=link_actor(intake), at=AT)
    assert Duty.objects.get(kind="intake.locked").owner_role == "FD"
    assert Line.objects.filter(verb="intake.wrong_year", outcome="refused").count() == 5
    again = asking.send_again(intake=intake, way="hand", by=here.staff(Role.FD), at=LATER)
    assert answering.try_year(intake=again, year=1985, by=link_actor(again), at=LATER)
    assert Duty.objects.get(kind="intake.locked").state == "closed"


def test_a_right_year_forgets_the_wrong_ones(here: Place):
    intake = an_intake(here)
    for year in (1984, 1986, 1985, 1984):
        answering.try_year(intake=intake, year=year, by=link_actor(intake), at=AT)
    intake.refresh_from_db()
    assert (intake.wrong_years, intake.state, intake.opened_at) == (1, "opened", AT)


def test_a_link_tells_of_its_own_patient_and_of_no_other(here: Place):
    mine, other = an_intake(here), an_intake(here)
    with pytest.raises(NotAllowed):
        say(other, "heart", {"cardiac_history": {"answer": "no"}}, by=link_actor(mine))
    with pytest.raises(NotAllowed):
        actions.record_history(
            patient=other.patient, name="cardiac_history", answer="no", source=Source.PATIENT, by=link_actor(mine),
            at=AT, through=mine,
        )  # fmt: skip


# -- what is said becomes facts ----------------------------------------------------------------------------------------


def test_a_screen_is_a_fact_at_once_handed_in_or_not(here: Place):
    intake = an_intake(here)
    said = say(intake, "heart", {
        "hypertension": {"answer": "treated"}, "cardiac_history": {"answer": "unable"},
        "coronary_disease": {"answer": "refused"},
        "cardiovascular_event_on": {"answer": "yes", "year": 2019, "month": 2},
        "aneurysmal_vascular_disease": {"answer": "no"}, "pulmonary_embolism_on": {"answer": "yes"},
    })  # fmt: skip
    assert standing(intake, "hypertension") == [("patient", "treated")]
    assert standing(intake, "cardiac_history") == [("patient", "unable")]
    assert standing(intake, "coronary_disease") == [("patient", "refused")]
    assert standing(intake, "cardiovascular_event_on") == [("patient", "2019-02-28")]
    assert HistoryAnswer.objects.get(name="pulmonary_embolism_on").words == "Yes; when is not known"
    assert set(said.became) == {f"fact.{name}" for name in said.values}
    answer = queries.answer_so_far(intake.patient, at=AT, zone=here.clinic.zone)
    assert answer.facts.all("hypertension")[0].source == "The patient says"
    assert not answer.facts.all("pulmonary_embolism_on")


def test_answered_again_amends_only_what_changed_and_withdraws_what_no_longer_applies(here: Place):
    intake = an_intake(here)
    first = {"aneurysmal_vascular_disease": {"answer": "yes"}, "aneurysm_repaired": {"answer": "yes"},
             "cardiac_history": {"answer": "no"}}  # fmt: skip
    before = say(intake, "heart", first)
    assert say(intake, "heart", first, LATER) == before
    after = say(intake, "heart", {"aneurysmal_vascular_disease": {"answer": "no"}, "cardiac_history": {"answer": "no"}})
    assert after.amends == before
    assert after.became["fact.cardiac_history"] == before.became["fact.cardiac_history"]
    assert standing(intake, "aneurysmal_vascular_disease") == [("patient", "no")]
    assert standing(intake, "aneurysm_repaired") == [("patient", "not_asked")]
    assert HistoryAnswer.objects.get(name="aneurysm_repaired", answer="not_asked").amend_reason == taking_over.NO_MORE


def test_what_a_clinician_amended_is_theirs_and_the_patients_new_word_stands_beside_it(here: Place):
    intake, prescriber = an_intake(here), here.staff(Role.RX)
    say(intake, "bladder", {"haematuria": {"answer": "no"}})
    told = HistoryAnswer.objects.get(name="haematuria")
    actions.record_history(
        patient=intake.patient, name="haematuria", answer="yes", source=Source.RECORD, amends=told,
        amend_reason="Urology letter", by=prescriber, at=AT,
    )  # fmt: skip
    say(intake, "bladder", {"haematuria": {"answer": "unable"}}, LATER)
    assert standing(intake, "haematuria") == [("record", "yes"), ("patient", "unable")]


def trial(key: str = "a", **more: str) -> dict[str, Any]:
    told = {"key": key, "name": "sertraline", "dose": "150", "long": "10", "unit": "weeks", "taken": "good",
            "helped": "little", "stopped": "no_help", "episode": "yes"}  # fmt: skip
    return told | more


def other_treatments(**answers: str) -> dict[str, Any]:
    return {f"had_{name}": {"answer": answer} for name, answer in answers.items()}


def courses_of(intake: Intake) -> list[tuple[str, str]]:
    return sorted(TreatmentCourse.objects.current().filter(patient=intake.patient).values_list("kind", "response"))


def test_other_treatments_enter_as_courses_and_helped_does_not_say_by_half(here: Place):
    intake = an_intake(here)
    say(intake, "treatments", other_treatments(therapy="unable", tms="did_not", ect="helped", ketamine="helped"))
    assert courses_of(intake) == [("ECT", "unknown"), ("rTMS", "not")]
    assert set(TreatmentCourse.objects.values_list("source", flat=True)) == {"recall"}
    say(intake, "treatments", other_treatments(therapy="helped", tms="did_not", ect="did_not", ketamine="no"), LATER)
    assert courses_of(intake) == [("ECT", "not"), ("psychotherapy", "unknown"), ("rTMS", "not")]
    assert TreatmentCourse.objects.filter(kind="rTMS").count() == 1
    say(intake, "treatments", other_treatments(therapy="no", tms="no", ect="no", ketamine="no"), LATER)
    assert courses_of(intake) == []


def test_a_course_that_a_clinician_amended_stays_theirs(here: Place):
    intake, prescriber = an_intake(here), here.staff(Role.RX)
    say(intake, "treatments", other_treatments(ect="did_not"))
    told = TreatmentCourse.objects.get()
    actions.record_course(
        patient=intake.patient, kind="ECT", sessions=9, response="not", source="clinician", amends=told,
        amend_reason="letter", by=prescriber, at=AT,
    )  # fmt: skip
    say(intake, "treatments", other_treatments(ect="no"), LATER)
    assert TreatmentCourse.objects.current().get().sessions == 9
    with pytest.raises(NotAllowed):
        actions.record_course(patient=intake.patient, kind="ECT", by=here.staff(Role.FD), at=AT)


def test_antidepressants_enter_as_told_and_what_is_not_known_stays_empty(here: Place):
    intake = an_intake(here)
    vague = trial("b", name="Prozac years ago", dose="", long="", unit="", taken="unable", helped="refused",
                  stopped="unable", episode="unable")  # fmt: skip
    say(intake, "trials", {"entries": [trial(), vague], "closed": ""})
    first, second = TrialEntry.objects.order_by("medicine").reverse()
    assert (first.medicine, first.dose_mg, first.days, first.adherence, first.effect) == (
        "sertraline", 150, 70, "good", "partial",
    )  # fmt: skip
    assert (second.dose_mg, second.days, second.adherence, second.effect, second.in_current_episode) == (
        None, None, "unknown", "unknown", None,
    )  # fmt: skip
    assert {first.source, second.source} == {"recall"}


def test_an_entry_changed_is_amended_and_one_taken_off_stays_readable(here: Place):
    intake = an_intake(here)
    say(intake, "trials", {"entries": [trial(), trial("b", name="mirtazapine")], "closed": "all"})
    say(intake, "trials", {"entries": [trial(dose="100")], "closed": ""}, LATER)
    assert [(row.medicine, row.dose_mg) for row in TrialEntry.objects.current()] == [("sertraline", 100)]
    gone = TrialEntry.objects.get(in_error=True)
    assert (gone.medicine, gone.amend_reason) == ("mirtazapine", taking_over.TAKEN_BACK)


def test_a_trial_that_a_clinician_amended_is_not_touched_from_the_phone(here: Place):
    intake, prescriber = an_intake(here), here.staff(Role.RX)
    say(intake, "trials", {"entries": [trial()], "closed": "all"})
    told = TrialEntry.objects.get()
    row = actions.record_trial(
        patient=intake.patient, medicine="sertraline", dose_mg=200, by=prescriber, at=AT, amends=told,
        amend_reason="Pharmacy record",
    )  # fmt: skip
    say(intake, "trials", {"entries": [trial(dose="50")], "closed": "all"}, LATER)
    say(intake, "trials", {"entries": [], "closed": "none"}, LATER)
    assert list(TrialEntry.objects.current()) == [row]


@pytest.mark.parametrize(("long", "asked"), [("", True), ("10", False)])
def test_days_since_it_began_are_not_days_at_the_most_of_a_day(here: Place, long, asked):
    intake = an_intake(here)
    began = {"year": AT.year - 1, "month": 1}
    told = trial(long=long, stopped="not") | {"began": began, "ended": {}}
    say(intake, "trials", {"entries": [told], "closed": "all"})
    [(_, judged)] = queries.judged_trials(intake.patient, AT.date())
    assert ("sertraline: duration" in judged.missing) == asked


def test_this_month_told_again_on_another_day_of_it_is_no_news(here: Place):
    intake = an_intake(here)
    told = trial(long="1", stopped="not") | {"began": {"year": AT.year, "month": AT.month}, "ended": {}}
    later = AT + timedelta(days=1)
    assert later.month == AT.month
    say(intake, "trials", {"entries": [told], "closed": "all"})
    say(intake, "trials", {"entries": [told], "closed": "all"}, later)
    assert TrialEntry.objects.get().began_on == AT.date()
    told["began"] = {"year": AT.year - 1, "month": AT.month}
    say(intake, "trials", {"entries": [told], "closed": "all"}, later)
    assert TrialEntry.objects.current().get().began_on.year == AT.year - 1


def test_half_a_list_of_medicines_replaces_nothing_a_whole_one_does(here: Place):
    intake = an_intake(here)
    one = {"key": "a", "name": "lisinopril", "dose": "10 mg", "often": "once"}
    say(intake, "medicines", {"entries": [one], "closed": ""})
    assert not MedicineList.objects.exists()
    say(intake, "medicines", {"entries": [one], "closed": "unable"})
    assert not MedicineList.objects.exists()
    say(intake, "medicines", {"entries": [one], "closed": "all"}, LATER)
    row = MedicineList.objects.get()
    assert [(entry.name, entry.dose, entry.as_needed) for entry in row.medicines] == [
        ("lisinopril", "10 mg, once a day", False)
    ]
    say(intake, "medicines", {"entries": [], "closed": "none"}, LATER)
    assert queries.medicines(intake.patient).state == "none"


@pytest.mark.parametrize("named", [[], [{"key": "a", "name": "Zoloft", "dose": "50 mg", "often": "once"}]])
def test_h15_what_a_clinician_listed_stands_until_a_prescriber_settles_it(here: Place, named):
    intake, by = an_intake(here), here.staff(Role.RX)
    entries = [{"name": "tranylcypromine", "dose": "30 mg"}, {"name": "sertraline", "dose": "50 mg"}]
    actions.record_medicines(patient=intake.patient, state=ListState.LISTED, entries=entries, by=by, at=AT)
    lisinopril = {"key": "b", "name": "lisinopril", "dose": "10 mg", "often": "once"}
    say(intake, "medicines", {"entries": [*named, lisinopril], "closed": "all"}, LATER)
    say(intake, "medicines", {"entries": named, "closed": "all" if named else "none"}, LATER + timedelta(minutes=1))
    row = queries.medicines(intake.patient)
    assert sorted(entry.drug for entry in row.medicines) == ["sertraline", "tranylcypromine"]
    assert "told in the intake otherwise: tranylcypromine" in row.amend_reason


def test_a_medicine_named_twice_is_one_entry_with_both_doses(here: Place):
    intake = an_intake(here)
    told = [
        {"key": "a", "name": "Zoloft", "dose": "50 mg", "often": "once"},
        {"key": "b", "name": "sertraline", "dose": "100 mg", "often": "once"},
        {"key": "c", "name": "grandmother's drops", "dose": "", "often": "needed"},
    ]
    say(intake, "medicines", {"entries": told, "closed": "all"})
    entries = queries.medicines(intake.patient).medicines
    assert [entry.dose for entry in entries] == ["50 mg, once a day; 100 mg, once a day", "only when needed"]
    assert (entries[1].drug, entries[1].as_needed) == ("", True)


def test_never_taken_one_is_said_once_and_not_against_a_record(here: Place):
    intake, other = an_intake(here), an_intake(here)
    for at in (AT, LATER):
        say(intake, "trials", {"entries": [], "closed": "none"}, at)
    assert NothingTried.objects.get().what == NothingTried.What.TRIALS
    actions.record_trial(patient=other.patient, medicine="sertraline", by=here.staff(Role.RX), at=AT)
    say(other, "trials", {"entries": [], "closed": "none"})
    assert NothingTried.objects.count() == 1


def allergic(to: str = "", ketamine: str = "no") -> dict[str, Any]:
    more = {"allergic_to": {"words": to}} if to else {}
    return {"allergic": {"answer": "yes" if to else "no"}, **more, "allergic_to_ketamine": {"answer": ketamine}}


def test_h15_an_allergy_that_is_known_is_never_forgotten_by_an_intake(here: Place):
    intake, nurse = an_intake(here), here.staff(Role.RN)
    latex = [{"substance": "latex", "reaction": "rash"}]
    people.record_allergies(patient=intake.patient, state=AllergyState.LISTED, entries=latex, by=nurse, at=AT)
    say(intake, "allergies", allergic(), LATER)
    assert Allergies.objects.current().get().entries == latex
    say(intake, "allergies", allergic("penicillin"), LATER)
    say(intake, "allergies", allergic("penicilin, rash", "yes"), LATER)
    named = [entry["substance"] for entry in Allergies.objects.current().get().entries]
    assert named == ["latex", "penicilin, rash", "ketamine"]
    assert queries.answer_so_far(intake.patient, at=LATER, zone=here.clinic.zone).facts.all("ketamine_hypersensitivity")


def test_no_allergies_is_said_only_by_two_noes(here: Place):
    intake = an_intake(here)
    say(intake, "allergies", allergic(ketamine="unable"))
    assert not Allergies.objects.exists()
    say(intake, "allergies", allergic(), LATER)
    assert Allergies.objects.get().state == AllergyState.NONE_KNOWN
    assert known.identity(intake.patient).allergies_asked_by == "the intake"


def test_ci04_an_allergy_to_something_else_is_no_answer_about_ketamine(here: Place):
    intake = an_intake(here)
    say(intake, "allergies", allergic("penicillin", "unable"))
    facts = queries.answer_so_far(intake.patient, at=LATER, zone=here.clinic.zone).facts
    assert facts.all(queries.ALLERGIC) == ()
    assert standing(intake, queries.ALLERGIC) == [("patient", "unable")]
    say(intake, "allergies", allergic("penicillin"), LATER)
    facts = queries.answer_so_far(intake.patient, at=LATER, zone=here.clinic.zone).facts
    assert {fact.value for fact in facts.all(queries.ALLERGIC)} == {False}


def test_contact_wishes_are_the_patients_own_and_what_is_not_said_is_no_permission(here: Place):
    intake = an_intake(here, telephone="555 0182", may_text=True, voicemail_is_safe=True, email="a@b.example")
    say(intake, "contact", {"telephone": {"words": "555 0199"}, "may_text": {"answer": "no"},
                            "voicemail_is_safe": {"answer": "refused"}, "language": {"answer": "es"}})  # fmt: skip
    say(intake, "privacy", {"shown_as": {"words": "Only Ana"}, "quiet": {"words": "After six"}})
    row = known.contact(intake.patient)
    assert (row.telephone, row.email, row.may_text, row.voicemail_is_safe, row.language) == (
        "555 0199", "a@b.example", False, None, "es",
    )  # fmt: skip
    assert (row.shown_as, row.quiet, row.other_person) == ("Only Ana", "After six", "")
    assert Contact.objects.count() == 3


# -- safety ------------------------------------------------------------------------------------------------------------


def answer_item(intake: Intake, item: str, code: int | None, instrument: str = "safety-first", at=AT) -> Answers:
    return answering.keep_item(intake=intake, instrument=instrument, item=item, code=code, by=link_actor(intake), at=at)


@pytest.mark.parametrize(
    ("instrument", "item", "code", "tier"),
    [("safety-first", "i1", 3, 1), ("safety-first", "i2", 1, 2), ("phq-9", "9", 1, 2), ("phq-9", "9", 3, 1)],
)
def test_h13_a_sign_of_danger_raises_its_concern_with_an_owner(here: Place, instrument, item, code, tier):
    intake = an_intake(here)
    answer_item(intake, item, code, instrument)
    concern = Concern.objects.get()
    assert (concern.tier, concern.source_id, concern.duty.owner_role) == (tier, intake.pk, "RX")


def test_h13_the_answer_and_its_concern_are_one_transaction(here: Place, monkeypatch):
    """Killed anywhere between the two: neither is there, so the patient is asked again; never an answer alone."""
    intake = an_intake(here)

    def killed(**_):
        raise KeyboardInterrupt

    monkeypatch.setattr("ketacare.clinic.outcomes.actions.answering.safety.raise_concern", killed)
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        answer_item(intake, "i1", 3)
    assert not Answers.objects.exists()
    monkeypatch.undo()
    answer_item(intake, "i1", 3)
    assert (Answers.objects.count(), Concern.objects.count()) == (1, 1)


def test_h13_answering_on_raises_nothing_twice_and_taking_back_clears_nothing(here: Place):
    intake = an_intake(here)
    for item, code in (("i1", 2), ("i2", 0), ("i1", 2), ("i1", 0)):
        answer_item(intake, item, code)
    assert list(Concern.objects.values_list("tier", "state")) == [(2, "open")]
    assert intakes.items_said(intake, "safety-first") == {"i1": 0, "i2": 0}


def test_nothing_half_saved_a_screen_that_dies_leaves_no_fact(here: Place, monkeypatch):
    intake = an_intake(here)

    def killed(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(Said.objects, "create", killed)
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        say(intake, "bladder", {"haematuria": {"answer": "yes"}, "ketamine_cystitis": {"answer": "no"}})
    assert not HistoryAnswer.objects.exists()


# -- handing in --------------------------------------------------------------------------------------------------------


def test_handing_in_scores_the_scale_closes_the_duty_and_shuts_the_form(here: Place):
    intake = an_intake(here)
    for item in range(1, 10):
        answer_item(intake, str(item), 2 if item < 9 else 0, "phq-9")
    for _ in range(2):
        answering.hand_in(intake=intake, by=link_actor(intake), at=LATER)
    intake.refresh_from_db()
    assert (intake.state, intake.handed_in_at) == ("handed_in", LATER)
    assert Score.objects.get(instrument="phq-9").total == 16
    assert Duty.objects.get(pk=intake.duty_id).state == "closed"
    with pytest.raises(Refused):
        say(intake, "bladder", {"haematuria": {"answer": "no"}}, LATER)
    with pytest.raises(Refused):
        answer_item(intake, "i1", 3, at=LATER)


def test_an_expired_intake_takes_no_answer_and_keeps_what_was_said(here: Place):
    intake = an_intake(here)
    say(intake, "bladder", {"haematuria": {"answer": "yes"}})
    late = AT + timedelta(days=15)
    with pytest.raises(Refused):
        say(intake, "bladder", {"haematuria": {"answer": "no"}}, late)
    assert standing(intake, "haematuria") == [("patient", "yes")]


# -- going over it -----------------------------------------------------------------------------------------------------


def over(intake: Intake) -> dict[str, str]:
    found = intakes.gone_over(intake, queries.history(intake.patient))
    return {name: item.verdict for name, item in found.items()}


def test_going_over_confirms_disagrees_or_rules_and_the_told_word_stays(here: Place):
    intake, prescriber, nurse = an_intake(here), here.staff(Role.RX), here.staff(Role.RN)
    say(intake, "bladder", {"bladder_symptoms": {"answer": "none"}, "haematuria": {"answer": "no"},
                            "ketamine_cystitis": {"answer": "unable"}})  # fmt: skip
    say(intake, "head", {"last_seizure_on": {"answer": "yes", "year": 2020}})
    assert over(intake) == {
        "bladder_symptoms": "open", "haematuria": "open", "ketamine_cystitis": "silent", "last_seizure_on": "open",
    }  # fmt: skip
    seizure = Fact("2020-12-31", "2020", True)
    for by, verdicts in (
        (nurse, [Verdict("bladder_symptoms", Fact("none")), Verdict("last_seizure_on", seizure)]),
        (prescriber, [Verdict("haematuria", Fact("yes"), settles=True), Verdict("ketamine_cystitis", Fact("no"))]),
    ):
        taking_over.go_over(patient=intake.patient, verdicts=verdicts, by=by, at=LATER)
    assert over(intake) == {
        "bladder_symptoms": "confirmed", "haematuria": "corrected", "ketamine_cystitis": "disagrees",
        "last_seizure_on": "confirmed",
    }  # fmt: skip
    assert standing(intake, "haematuria") == [("patient", "no"), ("clinician", "yes")]


def test_only_a_prescriber_rules_and_the_desk_does_not_go_over_it(here: Place):
    intake = an_intake(here)
    say(intake, "bladder", {"haematuria": {"answer": "no"}})
    ruling = [Verdict("haematuria", Fact("yes"), settles=True)]
    for by in (here.staff(Role.RN), here.staff(Role.FD), here.staff(Role.AU)):
        with pytest.raises(NotAllowed):
            taking_over.go_over(patient=intake.patient, verdicts=ruling, by=by, at=LATER)
    assert standing(intake, "haematuria") == [("patient", "no")]


# -- the words ---------------------------------------------------------------------------------------------------------


def test_every_fact_that_a_patient_can_tell_is_asked_once():
    told = {name for name, kind in queries.sheet().facts.items() if kind.told_by == "patient"}
    asked = [ask.name for screen in screens.screens() for ask in screen.asks if ask.fact]
    assert sorted(asked) == sorted(told - {queries.ALLERGIC})  # asked beside the allergy list, by a name of its own


def test_every_choice_of_a_fact_is_offered_in_words():
    for screen in screens.screens():
        for ask in screen.asks:
            if ask.shape == "choice" and ask.fact:
                assert [code for code, _ in ask.choices] == list(ask.fact.choices), ask.name


def test_both_languages_have_every_word():
    phrases = screens.PHRASES.catalogue
    missing = [key for key, words in phrases.items() if not {"en", "es"} <= words.keys()]
    document = tomllib.loads((screens.ROOM / "questions.toml").read_text())
    for screen in document["screens"]:
        pairs = [screen["title"], screen["lead"]]
        for ask in screen.get("asks", ()):
            pairs += [{"en": ask["en"], "es": ask["es"]}, *ask.get("choices", {}).values()]
            pairs += [ask[name] for name in ("hint", "when") if name in ask]
        missing += [screen["id"] for words in pairs if bool(words.get("en")) != bool(words.get("es"))]
    assert missing == []


def test_the_scales_are_asked_in_the_words_of_their_owner():
    for language, words in (("en", "Feeling nervous, anxious"), ("es", "Se ha sentido nervioso(a), ansioso(a)")):
        asked = [one for one in screens.places(language=language) if one.screen.kind in screens.SCALES]
        assert [one.slug for one in asked] == [f"mood-{n}" for n in range(1, 11)] + [f"worry-{n}" for n in range(1, 8)]
        (first,) = [one.item for one in asked if one.slug == "worry-1"]
        assert first is not None
        assert first.words.startswith(words)
        assert all(one.instrument and one.instrument.language == language for one in asked)


def test_no_scale_is_asked_in_a_translation_of_ours(monkeypatch):
    monkeypatch.setattr(screens.reader, "translation", lambda name, language: None)
    places = screens.places(language="es")
    assert [one.slug for one in places if one.screen.kind in screens.SCALES] == ["mood", "worry"]
    assert not any(one.instrument for one in places if one.screen.kind in screens.SCALES)


def test_pregnancy_is_asked_of_everybody_and_one_no_is_enough():
    assert len(screens.parts_of(screens.places(language="en"))) == 10
    first, *others = screens.screen("pregnancy").asks
    said = {first.name: {"answer": "no"}}
    assert [ask.name for ask in others if ask.applies(said)] == ["breast_feeding"]


def test_a_screen_that_becomes_nothing_is_kept_all_the_same(here: Place):
    intake = an_intake(here)
    row = answering.keep_screen(
        intake=intake, screen="hopes", values={"hopes": {"words": "To sleep"}}, becoming=Becoming(),
        by=link_actor(intake), at=AT,
    )  # fmt: skip
    assert row.became == {}


def test_h19_drinks_and_what_helped_means_are_counted_by_the_version_that_counts_here(here: Place, settings, tmp_path):
    settings.VIGNETTES = tmp_path
    before = an_intake(here)
    own = an_own_copy(here.clinic, "intake-1", "alcohol.drink", "16", "g")
    signed(here.clinic, "intake-1", own.sheet_version, at=AT + timedelta(minutes=1))
    say(before, "alcohol", {"alcohol_units_per_week": {"number": "7", "typed": "7"}}, LATER)
    assert standing(before, "alcohol_units_per_week") == [("patient", "14")]
    lines = intakes.intake_lines(before.patient)
    assert lines.ref.version == own.sheet_version
    assert as_trial(trial(), replace(lines, helped={"little": "response"}), AT.date())["effect"] == "response"
