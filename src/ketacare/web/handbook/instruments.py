"""Every instrument in one table: what it asks and of whom, whether its wording stands here, and whose it is."""

from __future__ import annotations

from ketacare.medicine.outcomes import reader
from ketacare.medicine.outcomes.terms import Instrument, Rated, Wording
from ketacare.web.handbook.markdown import table

FILE = "instruments.md"
HEADS = ("name", "instrument", "asks about", "answered by", "looks back on", "wording here", "owner and terms")
BY = {Rated.SELF: "the patient", Rated.RATER: "a rater", Rated.EITHER: "the patient, or asked by staff"}
WORDING = {
    Wording.SHIPPED: "yes",
    Wording.PACK: "in the non-commercial pack, off until a clinic adopts it",
    Wording.OWNER: "no: by number, until a clinic loads the owner's text",
    Wording.TOTAL: "no: the total alone, until a clinic with a licence loads the owner's text",
    Wording.NEVER: "never: numbers and level only",
}


def licences() -> str:
    rows = [row(reader.instrument(name)) for name in reader.INSTRUMENTS]
    words = (
        "Where the wording is not ours to show, staff see numbers and topics, and a patient's page does not show "
        "the form. No page shows a scale in a translation of our own: a form in Spanish is its owner's, loaded by the "
        "clinic. Only what is our own wording (how low, how anxious, how much changed) is ours in Spanish too."
    )
    return "\n\n".join(("## Whose wording it is", words, table(HEADS, rows)))


def row(instrument: Instrument) -> tuple[str, ...]:
    licence = instrument.licence
    wording = instrument.disabled or WORDING[licence.wording]
    terms = " ".join(filter(None, (licence.words, full_stop(licence.translations))))
    cited = f" [{licence.grade}: {'; '.join(licence.sources)}]" if licence.sources else ""
    return (
        f"`{instrument.id}`",
        instrument.full_name or instrument.name,
        instrument.purpose,
        BY[instrument.rated],
        instrument.recall_words,
        wording,
        terms + cited,
    )


def full_stop(words: str) -> str:
    return f"{words}." if words else ""
