"""H13: every answer that signals danger, of every instrument there is, raises its concern with the answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from ketacare.clinic.duties.access import system
from ketacare.clinic.duties.tests.factories import AT, Place, place
from ketacare.clinic.links.pages import calls_for_help
from ketacare.clinic.outcomes import actions, queries
from ketacare.clinic.outcomes.forms.check_in import LOOKS_BACK, Question, about, questions
from ketacare.clinic.outcomes.letters import PHRASES
from ketacare.clinic.outcomes.models import Answers
from ketacare.clinic.outcomes.tests.factories import the_asks
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety.models import Concern
from ketacare.medicine.outcomes import reader as scales
from ketacare.medicine.outcomes.terms import Instrument, Item, Treated
from ketacare.medicine.safety import reader, rules
from ketacare.medicine.safety.terms import TriageContext
from ketacare.medicine.supervision.reader import concern_ladder

# The items that ask about suicide, and the tier of each of their codes from 0 up (0: none), as the published tiers say.
ABOUT_SUICIDE = {
    ("phq-9", "9"): (0, 2, 2, 1),
    ("qids-sr16", "12"): (0, 3, 2, 1),
    ("qids-sr16-24h", "12"): (0, 3, 2, 1),
    ("bdi-ii", "9"): (0, 3, 2, 1),
    ("madrs", "10"): (0, 0, 3, 3, 2, 1, 1),
    ("madrs-24h", "10"): (0, 0, 3, 3, 2, 1, 1),
    ("hamd-17", "3"): (0, 0, 3, 2, 1),
    ("dsi-ss", "4"): (0, 3, 3, 1),
    ("dsi-ss", "2"): (0, 3, 2, 2),
    ("safety-items", "s1"): (0, 3, 2, 1),
    ("safety-items", "s2"): (0, 2, 1),
    ("safety-first", "i1"): (0, 3, 2, 1),
    ("safety-first", "i2"): (0, 2, 1),
}
CONTEXT = TriageContext(at=AT)


def instruments() -> Iterator[Instrument]:
    yield from (scales.instrument(name) for name in scales.INSTRUMENTS)
    yield from (reader.safety_items(), reader.safety_first(), reader.mania_items())


def codes(item: Item) -> list[int]:
    return [choice.code for choice in item.choices] or list(range(item.low, item.high + 1))


def tiers(instrument: str, item: str, code: int) -> list[int]:
    flags = rules.triage(instrument, {item: code}, CONTEXT, reader.triage_sheet())
    return sorted(int(flag.tier[1]) for flag in flags)


def each_danger() -> Iterator[tuple[str, str, int, list[int]]]:
    """Instrument, item, the lowest code that raises what it raises."""
    for instrument in instruments():
        for item in instrument.items:
            seen: list[list[int]] = [[]]
            for code in codes(item):
                raised = tiers(instrument.id, item.id, code)
                if raised not in seen:
                    seen.append(raised)
                    yield instrument.id, item.id, code, raised


@pytest.mark.parametrize(("instrument", "item"), ABOUT_SUICIDE)
def test_h13_each_answer_about_suicide_has_the_tier_that_is_published(instrument, item):
    expected = ABOUT_SUICIDE[instrument, item]
    found = [min(tiers(instrument, item, code), default=0) for code in range(len(expected))]
    assert found == list(expected)


def test_h13_any_answer_above_none_of_a_scale_that_asks_of_nothing_else_is_a_sign():
    for name in ("bss", "ssi", "dsi-ss"):
        for item in scales.instrument(name).items:
            if item.scored:
                assert all(tiers(name, item.id, code) for code in codes(item) if code), (name, item.id)


@pytest.mark.django_db
def test_h13_every_answer_that_signals_danger_raises_its_concern_with_the_answer():
    here: Place = place()
    nurse, found = here.staff(Role.RN), []
    for instrument, item, code, raised in each_danger():
        patient = here.patient()
        actions.keep_answers(
            patient=patient,
            instrument=instrument,
            answers={item: code},
            source="clinician",
            happened_at=AT,
            by=nurse,
            at=AT,
        )
        concerns = list(Concern.objects.filter(patient=patient).order_by("tier").values_list("tier", flat=True))
        assert concerns == raised, (instrument, item, code)
        found.append((instrument, item))
    assert set(ABOUT_SUICIDE) <= set(found)
    assert Answers.objects.count() == len(found)
    assert not Concern.objects.filter(duty__isnull=True).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("flagged", "key"), [(True, "same_evening"), (True, "next_day"), (True, "week"), (False, "next_day")]
)
def test_at_high_risk_and_silent_after_a_dose_somebody_by_name_owns_it_at_once(flagged: bool, key: str):
    here: Place = place()
    doctor, patient = here.staff(Role.RX), here.patient()
    safety.put_on_call(
        user=User.objects.get(pk=doctor.user_id),
        role=Role.RX,
        starts_at=AT,
        ends_at=AT + timedelta(days=30),
        by=here.staff(Role.MD),
        at=AT,
    )
    if flagged:
        safety.raise_flag(patient=patient, words="Intent and a plan", by=doctor, at=AT)
    ask = the_asks(here, patient)[key]
    actions.miss(ask, by=system(here.clinic), at=ask.closes_at)
    found = Concern.objects.filter(patient=patient, reason_code="silent.high_risk")
    assert found.count() == (flagged and key != "week")
    for concern in found:
        assert (concern.tier, concern.owner_id, concern.duty.owner_id) == (1, doctor.user_id, doctor.user_id)
        assert concern.duty.due_at == ask.closes_at


@pytest.mark.django_db
def test_h13_a_form_sent_without_a_word_on_safety_is_no_all_clear():
    here: Place = place()
    patient, doctor = here.patient(), here.staff(Role.RX)
    calm = the_asks(here, patient)["next_day"]
    actions.finish(calm, by=here.staff(Role.RN), at=AT + timedelta(hours=25))
    calm.refresh_from_db()
    assert (calm.state, calm.duty.is_open) == ("answered", True)
    assert queries.awaits_call(calm)
    assert not Concern.objects.filter(reason_code="silent.high_risk").exists()
    flagged = here.patient(family="Flagg")
    safety.raise_flag(patient=flagged, words="Intent and a plan", by=doctor, at=AT)
    ask = the_asks(here, flagged)["next_day"]
    actions.finish(ask, by=here.staff(Role.RN), at=AT + timedelta(hours=25))
    assert Concern.objects.filter(patient=flagged, reason_code="silent.high_risk").count() == 1


@pytest.mark.django_db
def test_what_was_answered_and_never_sent_is_scored_and_no_silence():
    here: Place = place()
    ask = the_asks(here, here.patient())["next_day"]
    answers = {item.id: 0 for item in reader.triage_sheet().items.items}
    actions.keep_answers(
        patient=ask.patient, instrument="safety-items", answers=answers, source="patient",
        happened_at=ask.opens_at, by=here.staff(Role.RN), at=ask.opens_at, ask=ask,
    )  # fmt: skip
    actions.miss(ask, by=system(here.clinic), at=ask.closes_at)
    assert list(ask.scores.values_list("instrument", flat=True)) == ["safety-items"]
    assert not Concern.objects.exists()


def test_h13_every_sign_of_suicidality_shows_help_whatever_its_tier():
    """QIDS item 12 at 1 and an item of the DSI-SS above 0 may wait for the next dose by their tier: help does not."""
    for code in (*concern_ladder().suicidality, "qids-sr16.12.before-dose", "dsi-ss.any"):
        assert calls_for_help(Concern(tier=3, reason_code=code)), code
    for code in ("s5.1", "s3.1", "phq-9.rise", "mood-vas.high", "missed"):
        assert not calls_for_help(Concern(tier=3, reason_code=code)), code


@pytest.mark.django_db
def test_driving_since_the_treatment_is_asked_on_its_day_and_the_next_and_never_after():
    here: Place = place()
    asks = the_asks(here, here.patient())
    asked = {
        key: {one.item.id for one in questions(ask) if one.sheet.id == "safety-items"} for key, ask in asks.items()
    }
    with_it = {"s1", "s2", "s3", "s4", "s5"}
    assert asked == {
        "same_evening": with_it,
        "next_day": with_it,
        "third_day": with_it - {"s5"},
        "week": with_it - {"s5"},
    }
    nurse, ask = here.staff(Role.RN), asks["third_day"]
    done = actions.record_answers(
        patient=ask.patient, instrument="safety-items", answers=dict.fromkeys(("s1", "s2", "s3", "s4"), 0),
        source="patient", happened_at=ask.due_at, by=nurse, at=ask.due_at, ask=ask,
    )  # fmt: skip
    assert done.missing_items == []  # nothing is missing that was not asked


@pytest.mark.django_db
@pytest.mark.parametrize(("treats", "tier"), [("depression", 3), ("bipolar depression", 2), ("", 2)])
def test_little_sleep_is_graver_in_bipolar_illness_and_while_nobody_has_said(treats: str, tier: int, monkeypatch):
    here: Place = place()
    ask = the_asks(here, here.patient())["next_day"]
    treated = queries.Asked("", Treated(treats))
    monkeypatch.setattr(queries, "asked_by", lambda patient: treated)
    actions.keep_answers(
        patient=ask.patient, instrument="safety-items", answers={"s4": 1}, source="patient", happened_at=ask.opens_at,
        by=here.staff(Role.RN), at=ask.opens_at, ask=ask,
    )  # fmt: skip
    assert Concern.objects.get().tier == tier


def test_each_form_of_the_cadence_names_the_time_it_is_about_on_the_telephone():
    told: dict[str, str] = {}
    for name in {
        name for rule in scales.ask_rules().values() for name in rule.instruments if name in scales.INSTRUMENTS
    }:
        sheet = scales.instrument(name)
        if sheet.recall_days:
            told[name] = sheet.stem or about(Question(sheet, sheet.items[:1], "choice"))
    assert all(told.values()), told
    assert (told["who-5"], told["dast-10"], told["audit"]) == ("last_two_weeks", "last_year", "last_year")
    for key in LOOKS_BACK.values():
        assert PHRASES.say("en", "about_time", time=PHRASES.say("en", key)) != PHRASES.say(
            "es", "about_time", time=PHRASES.say("es", key)
        )


@pytest.mark.django_db
def test_h13_before_the_first_dose_the_safety_questions_left_open_are_no_all_clear():
    here: Place = place()
    ask = the_asks(here, here.patient())["next_day"]
    ask.instruments = ["mood-vas", "safety-first"]
    assert queries.is_safety_unknown(ask)
    assert {one.item.id for one in questions(ask) if one.sheet.id == "safety-first"} == {"i1", "i2", "i3"}
