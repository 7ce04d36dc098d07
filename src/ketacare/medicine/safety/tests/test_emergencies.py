"""H41: first acts of an emergency come with their source, order and figures, or the sheet does not load."""

import pytest

from ketacare.medicine.evidence.reader import SheetRefused, sheet_from
from ketacare.medicine.safety import reader


def test_h41_every_emergency_says_what_is_done_first_and_by_whose_word():
    found = reader.emergencies()
    assert len({one.id for one in found.emergencies}) == len(found.emergencies) > 0
    for one in found.emergencies:
        assert one.acts, one.id
        assert one.sources, one.id


def test_h41_what_calls_emergency_services_is_said_with_its_figures():
    told = reader.emergencies().call
    assert told
    for words in told:
        assert "{" not in words
    assert any(letter.isdigit() for words in told for letter in words)


def test_h41_a_first_act_without_its_source_does_not_load(monkeypatch):
    shipped = reader._sheet("emergencies-1")
    first, *others = shipped.table["emergencies"]
    table = {**shipped.table, "emergencies": [{**first, "source": "NOBODY"}, *others]}
    monkeypatch.setattr(reader, "_sheet", lambda _: sheet_from(table, "emergencies-1"))
    with pytest.raises(SheetRefused, match="NOBODY"):
        reader.emergencies.__wrapped__()
