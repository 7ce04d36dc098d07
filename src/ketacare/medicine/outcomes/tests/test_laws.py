"""What holds for every instrument: bounds, one item more, one item less, reversal, band edges."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketacare.medicine.outcomes import reader, rules
from ketacare.medicine.outcomes.rules.items import counting_codes, least, most
from ketacare.medicine.outcomes.terms import AnswersRefused, Instrument, Take, TotalOf

ALL = [reader.instrument(name) for name in reader.INSTRUMENTS if not reader.instrument(name).disabled]
SUMS = [one for one in ALL if one.total_of is not TotalOf.NOTHING]
NAMES = st.sampled_from(SUMS)


def complete(draw: st.DrawFn, sheet: Instrument) -> dict[str, int | None]:
    return {item.id: draw(st.sampled_from(counting_codes(item))) for item in sheet.items}


@st.composite
def forms(draw: st.DrawFn) -> tuple[Instrument, dict[str, int | None]]:
    sheet = draw(NAMES)
    return sheet, complete(draw, sheet)


@given(forms())
@settings(max_examples=150, deadline=None)
def test_a_complete_form_lies_within_its_bounds_and_in_one_band(form: tuple[Instrument, dict[str, int | None]]) -> None:
    sheet, answers = form
    scored = rules.score(sheet, answers)
    low, high = rules.bounds(sheet)
    assert scored.complete
    assert scored.total is not None
    assert low <= scored.total <= high
    number = rules.measured(sheet, scored.total)
    assert len([one for one in sheet.bands if one.low <= number <= one.high]) == bool(sheet.bands)


@given(forms(), st.data())
@settings(max_examples=150, deadline=None)
def test_one_answer_higher_never_lowers_a_total_unless_the_item_is_reversed(
    form: tuple[Instrument, dict[str, int | None]], data: st.DataObject
) -> None:
    sheet, answers = form
    item = data.draw(st.sampled_from(sheet.scored_items))
    higher = [code for code in counting_codes(item) if code >= (answers[item.id] or 0)]
    before = rules.score(sheet, answers).total
    after = rules.score(sheet, answers | {item.id: data.draw(st.sampled_from(higher))}).total
    assert before is not None
    assert after is not None
    assert after <= before if item.is_reversed else after >= before


@given(forms(), st.data())
@settings(max_examples=150, deadline=None)
def test_an_item_left_out_is_never_a_lower_score(
    form: tuple[Instrument, dict[str, int | None]], data: st.DataObject
) -> None:
    """Either there is no total any more, or a published part takes its highest, or the form leaves it out itself."""
    sheet, answers = form
    left_out = data.draw(st.sampled_from(sheet.scored_items)).id
    scored = rules.score(sheet, {item: code for item, code in answers.items() if item != left_out})
    of_highest = {
        item for part in sheet.subscales if part.take is Take.HIGHEST for item in part.items if len(part.items) > 1
    }
    by_rule = rules.skipped(sheet, answers | {left_out: None})
    assert scored.total is None or left_out in of_highest or left_out in by_rule
    assert scored.complete is (scored.total is not None)
    assert (scored.band is None) is (scored.total is None or not sheet.bands)
    assert rules.score(sheet, answers | {left_out: None}) == scored


@given(forms(), st.data())
@settings(max_examples=150, deadline=None)
def test_a_flag_raised_on_half_a_form_stays_raised_however_it_is_finished(
    form: tuple[Instrument, dict[str, int | None]], data: st.DataObject
) -> None:
    sheet, answers = form
    kept = data.draw(st.sets(st.sampled_from([item.id for item in sheet.items])))
    half = rules.score(sheet, {item: answers[item] for item in kept})
    if not any(part.take is Take.HIGHEST for part in sheet.subscales):
        assert set(half.flags) <= set(rules.score(sheet, answers).flags)


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_what_a_form_leaves_out_counts_as_if_0_had_been_answered(
    data: st.DataObject,
) -> None:
    sheet = data.draw(st.sampled_from([one for one in SUMS if one.skips]))
    answers = {item.id: data.draw(st.sampled_from(counting_codes(item))) for item in sheet.items}
    skip = data.draw(st.sampled_from(sheet.skips))
    half = {item: 0 if item in skip.after else code for item, code in answers.items() if item not in skip.items}
    told = rules.score(sheet, half | dict.fromkeys(skip.items, 0))
    left = rules.score(sheet, half)
    assert set(skip.items) <= set(rules.skipped(sheet, half))
    assert (left.total, left.band, left.flags, left.complete) == (told.total, told.band, told.flags, True)


def test_reversed_twice_is_the_answer_again() -> None:
    reversed_items = [item for sheet in ALL for item in sheet.items if item.is_reversed]
    assert [item.id for item in reversed_items] == ["3"]
    for item in reversed_items:
        for code in item.codes:
            once = rules.value(item, code)
            assert once is not None
            assert rules.value(item, int(once)) == code
            assert once == least(item) + most(item) - code


@pytest.mark.parametrize("sheet", ALL, ids=lambda sheet: sheet.id)
def test_every_code_of_every_item_counts_and_its_neighbours_are_refused(sheet: Instrument) -> None:
    lowest = {item.id: counting_codes(item)[0] for item in sheet.items}
    if sheet.id == "dast-10":
        lowest["3"] = 1
    base = rules.score(sheet, lowest).total
    for item in sheet.items:
        for code in item.codes:
            total = rules.score(sheet, lowest | {item.id: code}).total
            counted = rules.value(item, code)
            if base is None or not item.scored or counted is None or sheet.total_of is TotalOf.SUBSCALES:
                continue
            base_value = rules.value(item, lowest[item.id])
            assert base_value is not None
            assert total == base + counted - base_value
        gaps = set(range(item.codes[0] - 1, item.codes[-1] + 2)) - set(item.codes)
        for code in gaps:
            with pytest.raises(AnswersRefused, match=f"Item {item.id}: {code} is not one of its answers"):
                rules.score(sheet, {item.id: code})


@pytest.mark.parametrize("sheet", [sheet for sheet in SUMS if sheet.bands], ids=lambda sheet: sheet.id)
def test_bands_meet_edge_to_edge_over_all_that_can_be_scored(sheet: Instrument) -> None:
    low, high = rules.bounds(sheet)
    names = [rules.band(sheet, Decimal(total)) for total in range(int(low), int(high) + 1)]
    assert None not in names
    assert list(dict.fromkeys(names)) == [band.name for band in sheet.bands]
    for band in sheet.bands:
        assert band.low <= band.high
    if sheet.derived is None:
        assert [rules.band(sheet, band.low) for band in sheet.bands] == [band.name for band in sheet.bands]
        assert [rules.band(sheet, band.high) for band in sheet.bands] == [band.name for band in sheet.bands]
        assert (sheet.bands[0].low, sheet.bands[-1].high) == (low, high)


def test_the_domains_of_the_qids_take_their_highest() -> None:
    """Every item of a domain, alone at 3, gives the domain 3."""
    sheet = reader.instrument("qids-sr16")
    nothing = {item.id: 0 for item in sheet.items}
    for part in sheet.subscales:
        for item in part.items:
            scored = rules.score(sheet, nothing | {item: 3})
            assert (scored.total, scored.subscales[part.id]) == (3, 3)


def test_about_what_it_would_be_on_another_scale() -> None:
    qids = reader.instrument("qids-sr16")
    assert rules.on_other_scales(qids, Decimal(14)) == {"hamd-17": (18, 19)}
    assert rules.on_other_scales(qids, Decimal(27)) == {"hamd-17": (36, 52)}
    assert rules.on_other_scales(reader.instrument("phq-9"), Decimal(3)) == {}
