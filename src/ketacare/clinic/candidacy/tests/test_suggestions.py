"""What is suggested follows the sheets it was written from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.views import suggestions


@pytest.mark.parametrize(
    ("suggested", "source", "rows", "written"),
    [
        (
            suggestions.medicine_options,
            "formulary_names",
            [("Tea <b>", "leaf, drink")],
            '<option value="Tea &lt;b&gt;">leaf, drink</option>',
        ),
        (suggestions.trial_options, "medicine_names", ["tea"], '<option value="tea">'),
    ],
)
def test_written_once_for_the_same_sheets_and_anew_for_others(monkeypatch, suggested, source, rows, written):
    before = suggested()
    assert len(before) > 1000
    monkeypatch.setattr(queries, source, lambda: rows)
    assert suggested() is before
    others = replace(queries.sheet())
    monkeypatch.setattr(queries, "sheet", lambda: others)
    assert suggested() == written
    monkeypatch.undo()
    assert suggested() == before
