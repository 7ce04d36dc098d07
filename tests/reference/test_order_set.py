"""The medicines as needed held against the order set of the reference, both ways: every number and every drug."""

import re
from decimal import Decimal

from ketacare.medicine.safety.reader import needed_sheet
from tests.reference.differences import deliberate
from tests.reference_tables import tables

OURS = {
    "metoprolol tartrate": ("metoprolol",),
    "metoclopramide / promethazine": ("metoclopramide", "promethazine"),
    "acetaminophen / ibuprofen": ("acetaminophen", "ibuprofen"),
}
HOURS = {Decimal(480): Decimal(8), Decimal(60): Decimal(60)}  # a repeat is kept in minutes
# In the cell of the drug it names: "as labetalol" and "as above" are no numbers of their own.
TAGS = re.compile(r"\[[^\]]*\]|SpO2|NNB 6|\([VMD]\)")


def numbers(text):
    return {Decimal(number.replace(",", "")) for number in re.findall(r"\d[\d,]*(?:\.\d+)?", TAGS.sub("", text))}


def kept(medicine):
    """Every figure of a drug, without when to look again, which the reference leaves to the house."""
    figures = {value for dose in medicine.doses for value in dose.amount.values}
    figures |= {dose.most.value for dose in medicine.doses if dose.most is not None}
    figures |= {HOURS.get(medicine.repeat.value, medicine.repeat.value)} if medicine.repeat is not None else set()
    return figures


def said(medicine):
    return numbers(" ".join([medicine.meant_for, medicine.how, *medicine.not_if]))


def test_every_medicine_as_needed_says_what_the_reference_says_and_no_more():
    sheet, found, named = needed_sheet().medicines, set(), set()
    for row in tables("treatment", "Order-set content"):
        ours = [sheet[name] for name in OURS.get(row["Drug"], (row["Drug"],)) if name in sheet]
        if not ours:
            found.add((row["Drug"], "Drug"))
            continue
        named |= {medicine.id for medicine in ours}
        told = numbers(" ".join(row.values()))
        has = set().union(*(kept(medicine) | said(medicine) for medicine in ours))
        found |= {(row["Drug"], "unsaid")} if told - has else set()
        found |= {(row["Drug"], "figures")} if has - told else set()
    assert found == deliberate("order set"), sorted(found ^ deliberate("order set"))
    assert named == sheet.keys()
