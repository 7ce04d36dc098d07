"""H13: every answer that signals danger, of every instrument there is, raises its concern with the answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from ketacare.clinic.duties.access import system
from ketacare.clinic.duties.tests.factories import AT, Place, place
from ketacare.clinic.outcomes import actions, queries
from ketacare.clinic.outcomes.models import Answers
from ketacare.clinic.outcomes.tests.factories import the_asks
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety.models import Concern
from ketacare.medicine.outcomes import reader as scales
from ketacare.medicine.outcomes.terms import Instrument, Item
from ketacare.medicine.safety import reader, rules
from ketacare.medicine.safety.terms import TriageContext

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
    yield from (reader.safety_items(), reader.safety_first())


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
