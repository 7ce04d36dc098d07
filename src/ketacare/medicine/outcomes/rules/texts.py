"""The owner's words put to an instrument's numbers."""

from __future__ import annotations

from dataclasses import replace

from ketacare.medicine.outcomes.terms import Choice, Instrument, Item, TextPack


def worded(instrument: Instrument, pack: TextPack) -> Instrument:
    """The same instrument, scored alike, with the words of this pack and the line that must stand beside them."""
    if pack.instrument != instrument.id:
        raise ValueError(f"{pack.instrument}: its words were put to {instrument.id}. Use its own.")
    return replace(
        instrument,
        language=pack.language,
        stem=pack.stem,
        intro=pack.intro,
        notice=pack.attribution,
        text=pack.fingerprint,
        items=tuple(_worded(item, pack) for item in instrument.items),
    )


def _worded(item: Item, pack: TextPack) -> Item:
    words = pack.answers.get(item.id)
    if words is None:
        return replace(item, words=pack.items[item.id])
    loincs = {choice.code: choice.loinc for choice in item.choices}
    choices = (Choice(code, word, loincs.get(code)) for code, word in zip(item.codes, words, strict=True))
    return replace(item, words=pack.items[item.id], choices=tuple(choices))
