"""Every instrument that an independent program has scored, against all of its vectors."""

import csv
from decimal import Decimal

import pytest
from tests.reference_data import reference_file

from ketacare.medicine.outcomes import reader, rules
from ketacare.medicine.outcomes.terms import Score

FILES = {"phq9": "phq-9", "gad7": "gad-7", "pcl5": "pcl-5", "audit": "audit", "qids_sr16": "qids-sr16"}


def scored_rows(file: str) -> list[tuple[dict[str, str], Score]]:
    text = reference_file(f"instruments/{file}.csv").read_text()
    sheet, rows = reader.instrument(FILES[file]), list(csv.DictReader(text.splitlines()))
    assert rows
    return [(row, rules.score(sheet, given(row, [item.id for item in sheet.scored_items]))) for row in rows]


def given(row: dict[str, str], items: list[str]) -> dict[str, int | None]:
    return {item: int(row[f"q{item}"]) if row[f"q{item}"] else None for item in items}


@pytest.mark.parametrize("file", FILES)
def test_totals_bands_and_completeness(file: str) -> None:
    for row, scored in scored_rows(file):
        assert scored.total == (Decimal(row["total"]) if row["total"] else None)
        assert scored.complete is (row.get("complete", "True") == "True")
        assert scored.sum_answered == Decimal(row.get("sum_answered") or row["total"] or scored.sum_answered)
        if row.get("severity"):
            assert scored.band == row["severity"]


def test_audit_says_hazardous_from_8_and_nothing_of_an_open_form() -> None:
    for row, scored in scored_rows("audit"):
        assert scored.subscales["hazardous_or_harmful"] is (row["above_8"] == "True" if row["total"] else None)


def test_pcl5_clusters_counts_and_provisional_rule() -> None:
    """A cluster with an item missing is not known; what was answered of it stands under a name of its own."""
    for row, scored in scored_rows("pcl5"):
        told = scored.subscales
        for cluster in "bcde":
            known = told[cluster]
            assert (known if known is not None else told[f"{cluster}_answered"]) == int(row[cluster])
            assert told[f"n_{cluster}"] == int(row[f"n_{cluster}"])
        assert told["dsm5_provisional"] is (row["dsm5_provisional"] == "True")
        assert told["at_33_or_more"] is (int(row["total"]) >= 33 if row["total"] else None)
