"""Loads knowledge sheets (TOML) and refuses one whose numbers cannot be defended."""

from ketacare.medicine.evidence.reader.conditions import Ages, condition_from
from ketacare.medicine.evidence.reader.criteria import EFFECT_WORDS, criteria_of
from ketacare.medicine.evidence.reader.sheets import SheetRefused, cite, read_sheet, sheet_from

__all__ = ["EFFECT_WORDS", "Ages", "SheetRefused", "cite", "condition_from", "criteria_of", "read_sheet", "sheet_from"]
