"""H41: first acts of an emergency come with their source, order and figures, or the sheet does not load."""

import re

import pytest

from ketacare.medicine.evidence.reader import SheetRefused, sheet_from
from ketacare.medicine.safety import reader


def test_h41_every_emergency_says_what_is_done_first_and_by_whose_word():
    found = reader.emergencies()
    assert len({one.id for one in found.emergencies}) == len(found.emergencies) > 0
    assert [one.id for one in found.emergencies] == [f"EM-{number:02}" for number in range(1, 16)]
    for one in found.emergencies:
        assert one.acts, one.id
        assert one.sources, one.id


def test_h41_what_calls_emergency_services_is_said_with_its_figures():
    told = reader.emergencies().call
    assert told
    for words in told:
        assert "{" not in words
    assert figures(told) == "8 20 85 90 2 0 1 200 120 180 110 5 40 150"


# As clinical/treatment.md, section 7, has them, in the order of the first acts.
FIGURES = {
    "EM-01": "100 85 0.1 1", "EM-02": "15", "EM-03": "911 112", "EM-04": "94 12 10", "EM-05": "12", "EM-06": "1 2 5",
    "EM-07": "2 92", "EM-08": "1 2 5", "EM-09": "10 5 40", "EM-11": "1 1", "EM-12": "4 5", "EM-14": "220 120",
}  # fmt: skip


def test_h41_each_first_act_has_the_figures_of_its_source():
    found = reader.emergencies().emergencies
    assert {one.id: told for one in found if (told := figures(one.acts))} == FIGURES


def figures(acts):
    return " ".join(re.findall(r"\d+(?:\.\d+)?", " ".join(acts).replace("SpO2", "")))


def test_h41_a_first_act_without_its_source_does_not_load(monkeypatch):
    shipped = reader._sheet("emergencies-1")
    first, *others = shipped.table["emergencies"]
    table = {**shipped.table, "emergencies": [{**first, "source": "NOBODY"}, *others]}
    monkeypatch.setattr(reader, "_sheet", lambda _: sheet_from(table, "emergencies-1"))
    with pytest.raises(SheetRefused, match="NOBODY"):
        reader.emergencies.__wrapped__()
