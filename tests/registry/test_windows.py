"""The programme's count of windows used and missed: by the hours of each patient, and no small one to be worked out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ketacare.clinic.people.models import Role
from ketacare.clinic.registry import bars, queries, views
from ketacare.clinic.registry.queries.windows import told_apart
from ketacare.clinic.therapy import actions
from ketacare.clinic.therapy.tests.factories import AT, a_couch
from ketacare.medicine.registry.reader import measures

HERE = measures()


def found(**counts):
    return {tuple(key.split("__")) if "__" in key else (key, ""): count for key, count in counts.items()}


def test_what_came_of_the_windows_is_said_as_shares_of_one_whole():
    told = told_apart(found(used=80, outside=20, missed__no_room=60, missed=40), HERE)
    assert [(one.words, one.rate.met, one.rate.of) for one in told] == [
        ("Used: the visit was inside it", 80, 200),
        ("Held, outside the window", 20, 200),
        (told[2].words, 60, 200),
        ("Missed: nobody has said why", 40, 200),
    ]
    assert told[2].words.startswith("Missed: ")
    drawn = bars.windows(told, HERE)
    assert [bar.companion for bar in drawn.bars] == [80.0, None, None, None]
    assert (drawn.bars[0].words, drawn.bars[0].companion_words) == ("40 % (33 to 47) of about 200", "our aim: 80 %")
    assert views.rows_of(drawn)[1][0] == "Used: the visit was inside it"


def test_a_small_reason_is_not_told_and_not_to_be_worked_out():
    told = told_apart(found(used=80, outside=20, missed__no_room=3, missed=40), HERE)
    hidden = [one.rate is None or one.rate.hidden for one in told]
    assert hidden == [False, True, True, False]  # the few, and the next smallest that would tell them
    rows = views.rows_of(bars.windows(told, HERE))
    assert rows[2][1:] == rows[3][1:] == ["", "", "", "", ""]


def test_where_no_window_is_over_nothing_is_counted():
    assert told_apart({}, HERE) == ()
    assert bars.windows((), HERE).none == "No window is over yet."


@pytest.mark.django_db
def test_they_are_counted_from_the_record_by_the_hours_of_each_patient():
    couch = a_couch()
    director = couch.here.staff(Role.MD)
    doses = [couch.dose(AT + timedelta(days=7 * n)) for n in range(4)]
    for dose in doses:
        couch.session(dose)
    couch.as_(couch.therapist)
    said = {"minutes": 50, "summary": "Talked", "next_step": "", "by": couch.therapist}
    for dose, later in ((doses[0], 30), (doses[1], 100)):
        at = dose.starts_at + timedelta(hours=later)
        actions.write_note(visit=dose, happened_at=at, at=at, **said)
    missed = doses[2].starts_at + timedelta(hours=80)
    actions.write_missed(visit=doses[2], reason="no_room", said_by="therapist", words="", by=couch.therapist, at=missed)

    def counted(at):
        return {
            one.words.split(":")[0] if one.is_used else one.words: one.rate and one.rate.met
            for one in queries.windows(queries.sites(director), since=None, at=at, measures=lone)
        }

    lone = type(HERE)(**{name: getattr(HERE, name) for name in HERE.__dataclass_fields__} | {"smallest_cell": 1})
    no_room = next(words for words in counted(missed) if "Missed" in words)
    # The window of the fourth is not over yet.
    assert counted(missed) == {"Used": 1, "Held, outside the window": 1, no_room: 1}
    ends = doses[3].starts_at + timedelta(hours=72)
    assert counted(ends)["Missed: nobody has said why"] == 1
    actions.write_preparation(
        patient=couch.patient, said={"minutes": "50", "placed": "asat"}, checklist=["intention"], shown=[],
        by=couch.therapist, at=ends,
    )  # fmt: skip
    assert counted(ends) == {"Used": 2, "Held, outside the window": 0, no_room: 1}  # 120 h: the second's was inside
