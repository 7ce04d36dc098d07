"""A clinic's own figure: what cannot be is refused, what is unlikely is asked about once."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import ketacare
from ketacare.medicine.evidence import rules
from ketacare.medicine.evidence.reader import bounds, sheet_from, shelf
from ketacare.medicine.evidence.rules import Amendment, AmendmentRefused, bounding
from ketacare.medicine.evidence.terms import Series

SHELF = shelf(Path(ketacare.__file__).parent / "medicine")


def place_of(sheet_id, words):
    """A figure by what the page calls it."""
    (found,) = [one.place for one in rules.figures_of(SHELF[sheet_id].newest) if one.words.endswith(words)]
    return found


def amended(sheet_id, place, value, is_meant=False, *, base=None):
    shipped = SHELF[sheet_id].newest
    (unit,) = [one.value.unit for one in rules.figures_of(shipped) if one.place == place]
    change = Amendment(place, value, unit, "our patients", is_meant)
    return rules.amended(
        base or shipped,
        [change],
        shipped=shipped,
        bounds=bounds(),
        version="1+clinic.1",
        by="Dr Ada",
        on=date(2026, 12, 1),
    )


@pytest.mark.parametrize(
    ("sheet_id", "place", "value", "rule"),
    [
        ("trials-1", "enough.trials", "-2", "cannot be: a figure here is over 0.2"),
        ("trials-1", "enough.trials", "0", "cannot be: a figure here is over 0.2"),
        ("trials-1", "enough.trials", "3.5", "is not a whole number"),
        ("trials-1", "lines.days", "20", "It is under 28 d"),
        ("trials-1", "lines.adherence", "120", "120 % cannot be: a figure here lies between 0 and 100"),
        ("p-iv-05-2w", "protocol.dose", "50", "50 mg/kg cannot be: a figure here is under 5"),
        ("p-iv-05-2w", "protocol.dose", "5", "5 mg/kg cannot be"),
        ("p-iv-05-2w", "protocol.dose", "0.05", "0.05 mg/kg cannot be: a figure here is over 0.05"),
        ("p-iv-05-2w", "protocol.sessions", "0", "cannot be"),
        ("p-iv-05-2w", "protocol.most_sessions", "2", "It is under 6, protocol › sessions"),
        ("tx-1", "parameters.spo2.low_high", "5", "cannot be"),
        ("rl-iv", "release.sbp_most", "400", "400 mmHg cannot be: a figure here lies between 0 and 300"),
        ("rl-iv", "release.after_start", "0", "0 min cannot be"),
        ("iv-amounts-1", "ceilings.most", "100000", "cannot be"),
        ("exceptions-1", "paths[0].review", "400", "cannot be"),
        ("mon-iv", "schedule.bp.required", "0, -15, 5, 10, 20, 30, 40, 50, 60, 75", "do not rise"),
        ("mon-iv", "schedule.bp.required", "-15, 0, 5, 5, 20, 30, 40, 50, 60, 75", "do not rise"),
        (
            "mon-iv",
            "schedule.bp.required",
            "-160, 0, 5, 10, 20, 30, 40, 50, 60, 75",
            "cannot be: a figure here is at least -150",
        ),
    ],
)
def test_h19_a_figure_that_cannot_be_is_refused_even_if_it_is_said_to_be_meant(sheet_id, place, value, rule):
    with pytest.raises(AmendmentRefused) as refused:
        amended(sheet_id, place, value, is_meant=True)
    (fault,) = refused.value.faults
    assert (fault.place, fault.is_question) == (place, False)
    assert rule in fault.words


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("RD-06 SpO2 on room air › no go › spo2 › under", "99"),
        ("RD-06 SpO2 on room air › prescriber › spo2 › under", "80"),
    ],
)
def test_h19_a_no_go_is_never_milder_than_what_the_prescriber_decides(words, value):
    place = place_of("readiness-1", words)
    with pytest.raises(AmendmentRefused, match="Put the two in order"):
        amended("readiness-1", place, value)


def test_a_line_within_the_other_one_is_taken():
    assert amended("readiness-1", place_of("readiness-1", "RD-06 SpO2 on room air › no go › spo2 › under"), "93")


@pytest.mark.parametrize(
    ("sheet_id", "place", "value"),
    [
        ("p-iv-05-2w", "protocol.dose", "1.1"),
        ("tx-1", "parameters.sbp.high_notice", "210"),
        ("exceptions-1", "paths[0].calls", "24"),
        ("trials-1", "enough.trials", "1"),
        ("trials-1", "enough.trials", "4"),
        ("mon-iv", "schedule.bp.required", "-15, 0, 5, 10, 20, 30, 40, 50, 60, 200"),
    ],
)
def test_h19_an_unlikely_figure_is_asked_about_once_and_the_yes_is_kept(sheet_id, place, value):
    with pytest.raises(AmendmentRefused, match="Say that it is meant") as refused:
        amended(sheet_id, place, value)
    assert [fault.is_question for fault in refused.value.faults] == [True]
    own = sheet_from(amended(sheet_id, place, value, is_meant=True), sheet_id)
    (figure,) = [one.value for one in rules.figures_of(own) if one.place == place]
    assert figure.sources[0].citation.endswith("our patients, asked whether it is meant: yes")


def test_h19_a_dose_twice_as_high_is_still_likely_and_nothing_less_than_no_time_can_be():
    assert amended("p-iv-05-2w", "protocol.dose", "1"), "of what is measured; of things that are counted twice is far"
    (entry,) = [one for one in rules.figures_of(SHELF["p-iv-05-2w"].newest) if one.place == "protocol.dose"]
    none = replace(entry.value, value=Decimal(0), unit="mg/kg/h")
    (fault,) = bounding.of_figure(replace(entry, value=none), none, [Decimal(-1)], bounds())
    assert "cannot be: a figure here is at least 0" in fault.words


def test_small_steps_lead_no_further_than_one():
    """Held against what ships, not against the copy before."""
    base = sheet_from(amended("p-iv-05-2w", "protocol.dose", "0.9"), "p-iv-05-2w")
    with pytest.raises(AmendmentRefused, match=r"Far from what ships, 0\.5 mg/kg"):
        amended("p-iv-05-2w", "protocol.dose", "1.2", base=base)


def test_every_shipped_figure_is_possible_likely_and_in_order():
    known = bounds()
    for kept in SHELF.values():
        entries = {one.place: one for one in rules.figures_of(kept.newest)}
        assert not list(bounding.of_order(entries, set(entries), known)), kept.newest.header.id
        for one in entries.values():
            numbers = one.value.values if isinstance(one.value, Series) else (one.value.value,)
            assert not list(bounding.of_figure(one, one.value, numbers, known)), one.place


IV = "Racemic ketamine intravenous"
KAP = "Racemic ketamine sublingual in the clinic with psychotherapy"


@pytest.mark.parametrize(
    ("sheet_id", "changes", "title"),
    [
        ("p-iv-05-2w", {"sessions": "1"}, f"{IV} 0.5 mg/kg over 40 min, 1 session"),
        (
            "p-iv-05-2w",
            {"min_days_between": "4", "per_week": "1"},
            f"{IV} 0.5 mg/kg over 40 min, 6 sessions, amended: 4 d between, 1 a week",
        ),
        (
            "p-iv-kap",
            {"minutes": "50"},
            f"{IV} 0.5 mg/kg over 40 to 60 min with psychotherapy, 6 sessions, amended: 50 min",
        ),
        (
            "p-iv-05-1",
            {"sessions": "3", "most_sessions": "3"},
            f"{IV} 0.5 mg/kg over 40 min, amended: 3 sessions",
        ),
        (
            "p-si-2",
            {"sessions": "3", "most_sessions": "3"},
            f"{IV} 0.5 mg/kg over 40 min, for severe suicidal ideation, amended: 3 sessions",
        ),
        (
            "p-sc-kads",
            {"dose": "0.3"},
            "Racemic ketamine subcutaneous, 8 sessions (2 a week for 4 weeks), amended: 0.3 mg/kg",
        ),
        (
            "p-iv-crt",
            {"per_week": "1"},
            f"{IV}, community regimen: 0.5 mg/kg, then 0.75 mg/kg, 4 sessions, amended: 1 a week",
        ),
        ("p-sl-kap", {"sessions": "4"}, f"{KAP}, amended: 4 sessions"),
        ("p-iv-05-2w", {"most_sessions": "9"}, f"{IV} 0.5 mg/kg over 40 min, 6 sessions (2 a week for 3 weeks)"),
    ],
)
def test_h19_a_title_states_no_figure_that_no_longer_counts(sheet_id, changes, title):
    assert amended_title(sheet_id, {f"protocol.{name}": value for name, value in changes.items()}) == title


def test_h19_the_dose_of_a_later_step_stands_in_the_title_as_it_counts():
    title = f"{IV}, community regimen: 0.5 mg/kg, then 0.7 mg/kg, 4 sessions in 2 weeks"
    assert amended_title("p-iv-crt", {"steps[0].dose": "0.7"}) == title


def amended_title(sheet_id, changes):
    shipped = SHELF[sheet_id].newest
    units = {one.place: one.value.unit for one in rules.figures_of(shipped)}
    wanted = [Amendment(place, value, units[place], "our patients", True) for place, value in changes.items()]
    table = rules.amended(
        shipped, wanted, shipped=shipped, bounds=bounds(), version="1+clinic.1", by="Dr Ada", on=date(2026, 12, 1)
    )
    return table["sheet"]["title"]
