"""What the sheets hold, and what they refuse."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from ketacare.medicine.evidence.reader import SheetRefused, sheet_from, table_in
from ketacare.medicine.evidence.terms import Grade
from ketacare.medicine.outcomes.reader import forecasting
from ketacare.medicine.registry import reader

SHEET = Path(reader.__file__).parent / "knowledge" / "benchmarks.toml"


def changed(change):
    table = table_in(SHEET.read_text(encoding="utf-8"), SHEET.name)
    change(table)
    return reader.published_from(sheet_from(table, SHEET.name))


def row(name):
    return next(one for one in reader.published().benchmarks if one.id == name)


def test_a_published_row_carries_what_it_must_be_shown_with():
    found = row("mci22-phq9")
    assert (found.instrument, found.remission_is, found.n.value) == ("phq-9", "<5", 537)
    assert (found.responded.value, found.remitted.value) == (Decimal("53.6"), Decimal("28.9"))
    assert "9,016" in found.caveat
    assert "10.1016/j.jad.2021.12.097" in found.source


def test_a_row_is_as_weak_as_its_weakest_figure():
    assert row("mci22-phq9").grade is Grade.V
    assert row("ana23-qids").grade is Grade.M
    assert row("jel25-madrs").grade is Grade.M


def test_times_are_told_in_days():
    kept = {one.id: one for one in reader.published().kept}
    assert kept["mci22-kept"].days() == (("week 4", 28.0, 80), ("week 8", 56.0, 60))
    assert kept["mur13-kept"].days() == (("day 18", 18.0, 50),)


def test_how_soon_others_had_responded_is_a_day_or_a_count_of_infusions():
    reached = {one.id: one for one in reader.published().reached}
    assert reached["oli22-reached"].days() == (("week 6", 42.0, 50),)
    assert reached["oli22-reached-ten"].days() == (("after 10 infusions", None, 72),)
    assert "survivor" in reached["oli22-reached-ten"].caveat
    assert reached["phi19-reached"].days() == (), "a median of nobody knows whom is no share of all"
    assert reached["phi19-reached"].median.value == 3
    assert {one.instrument for one in reached.values()} == {"phq-9", "madrs"}

    def without(table):
        del table["reached"][0]["points"][0]["after"]

    with pytest.raises(SheetRefused, match="oli22-reached: a point has no time"):
        changed(without)


def test_a_row_without_its_caveat_does_not_load():
    with pytest.raises(SheetRefused, match="mci22-phq9: lacks caveat"):
        changed(lambda table: table["benchmarks"][0].pop("caveat"))


def test_a_trial_without_its_control_group_does_not_load():
    def without(table):
        trial = next(one for one in table["benchmarks"] if one["id"] == "trf2-madrs")
        del trial["control_responded"], trial["control_remitted"]

    with pytest.raises(SheetRefused, match="control group"):
        changed(without)


def test_a_time_in_an_unknown_unit_does_not_load():
    def years(table):
        table["kept"][0]["points"][0]["after"]["unit"] = "a"

    with pytest.raises(SheetRefused, match="a is no time here"):
        changed(years)


def test_the_forecast_calls_lost_what_the_programme_counts_as_lost():
    forecast = forecasting()
    assert float(forecast.loss_of_gain.value) / 100 == reader.measures().loss_of_gain
    assert float(forecast.loss_apart.value) == reader.measures().loss_apart_days
