"""Turns this room's sheets into instruments and the cadence of asking, and reads the owners' words."""

from ketacare.medicine.outcomes.reader.cadence import BEFORE_KEPT, ask_rules, cadence, cadence_from, cadence_sheet
from ketacare.medicine.outcomes.reader.forecast import forecasting, forecasting_from
from ketacare.medicine.outcomes.reader.instruments import (
    INSTRUMENTS,
    at_version,
    called,
    in_own_words,
    instrument,
    instrument_from,
    near,
)
from ketacare.medicine.outcomes.reader.reaching import outreach, outreach_from
from ketacare.medicine.outcomes.reader.texts import (
    TextRefused,
    pack_from,
    pack_in,
    shipped_packs,
    shipped_text,
    translation,
)

__all__ = [
    "BEFORE_KEPT",
    "INSTRUMENTS",
    "TextRefused",
    "ask_rules",
    "at_version",
    "cadence",
    "cadence_from",
    "cadence_sheet",
    "called",
    "forecasting",
    "forecasting_from",
    "in_own_words",
    "instrument",
    "instrument_from",
    "near",
    "outreach",
    "outreach_from",
    "pack_from",
    "pack_in",
    "shipped_packs",
    "shipped_text",
    "translation",
]
