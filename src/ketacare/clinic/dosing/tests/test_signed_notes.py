"""What amends a signed note: a value that was taken at another time than it says is another record (I2, I3)."""

from __future__ import annotations

from typing import Any

import pytest

from ketacare.clinic.dosing.actions import owing
from ketacare.clinic.dosing.models import SignedNote
from ketacare.clinic.dosing.queries import flowsheet, note, signed_notes
from ketacare.clinic.dosing.tests import factories as f

pytestmark = pytest.mark.django_db
SEDATION = 1 + flowsheet.TYPED.index("moaas")


@pytest.fixture
def day():
    """Awake at T+15, drowsy at T+30."""
    day = f.a_day()
    f.to_running(day)
    f.vitals(day, moaas=4, at=f.later(25))
    f.vitals(day, moaas=3, at=f.later(40))
    day.session.left_at = f.later(45)
    return day


def of(day: f.Day) -> dict[str, Any]:
    return note.content(day.session, "UTC")


def signed(content: dict[str, Any]) -> SignedNote:
    return SignedNote(content=content, words="Calm.", digest=signed_notes.digest(content, "Calm."))


def swapped(content: dict[str, Any]) -> dict[str, Any]:
    """The two scores have changed places, with nothing to say that anybody corrected them."""
    other = {"4": "3", "3": "4"}
    rows = [[other.get(cell, cell) if at == SEDATION else cell for at, cell in enumerate(row)]
            for row in content["readings"]]  # fmt: skip
    taken = [[key, at, other[words] if key == "moaas" else words] for key, at, words in content["taken"]]
    return {**content, "readings": rows, "taken": sorted(taken)}


def test_i3_values_that_changed_places_amend_a_note(day):
    then = of(day)
    now = swapped(then)
    assert sorted(row[SEDATION] for row in then["readings"]) == sorted(row[SEDATION] for row in now["readings"])
    assert signed_notes.is_as_signed(of(day), signed(then))
    assert not signed_notes.is_as_signed(now, signed(then))


def test_i2_a_score_struck_out_and_typed_again_for_another_minute_amends_the_note(day):
    row = signed(of(day))
    score = day.visit.readings.get(channel="MOAAS", taken_at=f.later(25))
    act = {"session": day.session, "by": day.nurse, "at": f.later(46)}
    owing.amend_reading(**act, reading=score, value=None, reason="Wrong time", in_error=True)
    f.vitals(day, moaas=4, at=f.later(30))
    now = of(day)
    assert not signed_notes.is_as_signed(now, row)
    assert not signed_notes.is_as_signed({**now, "corrections": row.content["corrections"]}, row)


def test_i3_a_note_signed_before_it_said_when_each_value_was_taken_stays_what_was_signed(day):
    older = {name: part for name, part in of(day).items() if name != "taken"}
    assert signed_notes.is_as_signed(of(day), signed(older))
    older["trend"] = {name: f"{words}, saved 3 min later" for name, words in older["trend"].items()}
    assert signed_notes.is_as_signed(of(day), signed(older))
