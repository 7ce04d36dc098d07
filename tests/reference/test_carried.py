"""What the tests carry of other people's data is what those wrote, and says where it is from."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from tests.reference_data import CARRIED, ketacare_reference_data, reference_file

FILES = sorted(path.relative_to(CARRIED).as_posix() for path in CARRIED.glob("*/*"))


def part_of(some: Any, whole: Any) -> bool:
    """Whether nothing in a parsed JSON is said otherwise than in the whole one."""
    if isinstance(some, dict):
        return all(key in whole and part_of(value, whole[key]) for key, value in some.items())
    if isinstance(some, list):
        return len(some) == len(whole) and all(map(part_of, some, whole))
    return bool(some == whole)


def test_every_copy_is_small_and_its_source_and_licence_stand_beside_it():
    told = (CARRIED / "README.md").read_text(encoding="utf-8")
    assert len(FILES) == 10
    for name in FILES:
        assert f"`{name}`" in told or f"`{Path(name).name}`" in told, name
        assert (CARRIED / name).stat().st_size < 30_000, name


@pytest.mark.parametrize("name", FILES)
def test_a_copy_says_nothing_that_the_whole_file_does_not(name):
    copy, whole = ((folder / name).read_text(encoding="utf-8") for folder in (CARRIED, ketacare_reference_data()))
    if name.endswith(".json"):
        assert part_of(json.loads(copy), json.loads(whole))
        return
    (head, *rows), (its_head, *its_rows) = (list(csv.reader(text.splitlines())) for text in (copy, whole))
    assert rows
    assert head == its_head
    assert set(map(tuple, rows)) <= set(map(tuple, its_rows))


def test_the_copy_is_read_where_the_whole_set_is_not_and_what_is_not_carried_is_skipped(monkeypatch, tmp_path):
    monkeypatch.setattr("tests.reference_data.ROOT", tmp_path / "clone")
    monkeypatch.delenv("KETACARE_REFERENCE_DATA", raising=False)
    assert reference_file("pk/models.json") == CARRIED / "pk" / "models.json"
    with pytest.raises(pytest.skip.Exception):
        reference_file("vitals/monitor_1min_a.csv")
    monkeypatch.setenv("KETACARE_REFERENCE_DATA", str(tmp_path))
    assert reference_file("pk/models.json") == tmp_path / "pk" / "models.json"
