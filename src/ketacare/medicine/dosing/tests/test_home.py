"""A dose under the tongue at home: its own ceilings, and every condition refused by name while it is absent."""

from datetime import UTC, datetime

import pytest

from ketacare.medicine.dosing import rules
from ketacare.medicine.dosing.terms import AtHome, HoldKind, Order
from ketacare.medicine.protocols.reader import protocol
from ketacare.medicine.quantities.terms import Mass, Weight

AT = datetime(2026, 7, 14, 8, tzinfo=UTC)
ALL = {"observed": 2, "chaperone": "Kim Reed", "video": True, "law": True, "reviewed": True}


def held(dose="100", sheet="p-sl-home", afterwards="spat out", **home):
    order = Order(
        protocol=protocol(sheet), dose=Mass.of(dose), weight=Weight.of(80), weighed_at=AT, at=AT,
        piece=Mass.of(50 if dose == "250" else 100), afterwards=afterwards, at_home=AtHome(**home) if home else None,
        planned=Mass.of(dose),
    )  # fmt: skip
    return {(hold.rule, hold.field): hold for hold in rules.work_out(order).open_holds}


def test_in_the_clinic_and_with_everything_arranged_at_home_it_is_ordered():
    assert held() == {}
    assert held(**ALL) == {}


@pytest.mark.parametrize(
    ("dose", "afterwards", "fields"),
    [
        ("300", "spat out", []),
        ("200", "swallowed", []),
        ("250", "swallowed", [("P-SL-HOME", "dose")]),
        ("300", "swallowed", [("P-SL-HOME", "dose")]),
        ("100", "", [("P-SL-HOME", "afterwards")]),
    ],
)
def test_the_most_depends_on_what_is_done_with_it(dose, afterwards, fields):
    assert list(held(dose, afterwards=afterwards)) == fields


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"observed": 1}, "place", "1 of the first 2 doses were watched in the clinic"),
        ({"law": False}, "law", "nobody has said that the law here allows it"),
        ({"chaperone": " "}, "chaperone", "nobody is named who stays"),
        ({"video": False}, "video", "taken unseen"),
        ({"reviewed": False}, "reviewed", "Review it before each pack"),
    ],
)
def test_each_condition_of_home_is_refused_by_name_while_it_is_absent(change, field, words):
    (hold,) = held(**ALL | change).values()
    assert (hold.rule, hold.field, hold.kind) == ("P-SL-HOME", field, HoldKind.REFUSED)
    assert words in hold.words


def test_no_other_protocol_is_taken_at_home():
    (hold,) = held(sheet="p-sl-kap", afterwards="", **ALL).values()
    assert "is not taken at home. Order it for the clinic." in hold.words
