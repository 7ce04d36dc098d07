"""Loads knowledge sheets (TOML) and refuses one whose numbers cannot be defended."""

from ketacare.medicine.evidence.reader.bounds import bounds, bounds_from
from ketacare.medicine.evidence.reader.conditions import Ages, condition_from, validity
from ketacare.medicine.evidence.reader.criteria import EFFECT_WORDS, criteria_of
from ketacare.medicine.evidence.reader.listing import EARLIER, INDEX, KNOWLEDGE, Listed, Released, list_of, listed
from ketacare.medicine.evidence.reader.sheets import SheetRefused, cite, read_sheet, sheet_from, table_in
from ketacare.medicine.evidence.reader.shelf import Versions, shelf
from ketacare.medicine.evidence.reader.writing import fingerprint, written

__all__ = [
    "EARLIER",
    "EFFECT_WORDS",
    "INDEX",
    "KNOWLEDGE",
    "Ages",
    "Listed",
    "Released",
    "SheetRefused",
    "Versions",
    "bounds",
    "bounds_from",
    "cite",
    "condition_from",
    "criteria_of",
    "fingerprint",
    "list_of",
    "listed",
    "read_sheet",
    "sheet_from",
    "shelf",
    "table_in",
    "validity",
    "written",
]
