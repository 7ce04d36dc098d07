"""One item: what may be answered, what an answer counts, and whether the item is asked at all."""

from __future__ import annotations

from decimal import Decimal

from ketacare.medicine.outcomes.terms import Answers, AnswersRefused, Instrument, Item


def check(instrument: Instrument, answers: Answers) -> None:
    """AnswersRefused for the first answer that cannot be, by its item."""
    if instrument.disabled:
        raise AnswersRefused(f"{instrument.id}: {instrument.disabled}")
    for item_id, code in answers.items():
        item = instrument.item(item_id)
        if item is None:
            raise AnswersRefused(f"Item {item_id}: {instrument.name} has no such item. Remove it.")
        if code is not None and not _fits(item, code):
            given = _as_given(code)
            raise AnswersRefused(
                f"Item {item_id}: {given} is not one of its answers. Choose one ({told_codes(item)}), or leave it out."
            )


def _as_given(code: object) -> str:
    """Of 1e0 one reads 1, which may be one of the answers: how it was written is said."""
    if not isinstance(code, Decimal):
        return repr(code)
    return f"{code}, written with an exponent," if str(code).lstrip("-").isdigit() else str(code)


def _fits(item: Item, code: object) -> bool:
    return isinstance(code, int) and not isinstance(code, bool) and item.allows(code)


def told_codes(item: Item) -> str:
    """The codes in words: a span where there are no gaps."""
    codes = item.codes
    if len(codes) > 1 and codes == tuple(range(codes[0], codes[-1] + 1)):
        return f"{codes[0]} to {codes[-1]}"
    return ", ".join(map(str, codes))


def counting_codes(item: Item) -> tuple[int, ...]:
    return tuple(sorted(set(item.codes) - item.not_assessed - item.not_added))


def least(item: Item) -> Decimal:
    return Decimal(counting_codes(item)[0])


def most(item: Item) -> Decimal:
    return Decimal(counting_codes(item)[-1])


def value(item: Item, code: int | None) -> Decimal | None:
    """What an answer counts; None where it is not known. Reversed twice, it is the answer again."""
    if code is None or code in item.not_assessed:
        return None
    if code in item.not_added:
        return Decimal(0)
    return least(item) + most(item) - code if item.is_reversed else Decimal(code)


def is_asked(item: Item, answers: Answers) -> bool:
    """An item that the form's own branch leaves out is not missing. Where that is not known, it is asked."""
    if item.asked_if is None:
        return True
    before, codes = item.asked_if
    code = answers.get(before)
    return code is None or code in codes
