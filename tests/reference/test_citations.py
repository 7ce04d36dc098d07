"""The citations of the interactions: each row cites the works that the reference names for it, and no other."""

import re
from pathlib import Path

import pytest

from ketacare.medicine.candidacy import reader
from ketacare.medicine.evidence.reader import read_sheet
from ketacare.medicine.evidence.terms import Figure, Series
from tests.reference.differences import deliberate
from tests.reference_tables import ketacare_reference, original, tables

SHEET = read_sheet(Path(reader.__file__).parent.parent / "knowledge" / "interactions-1.toml")
# The tags of the reference, and a part of the citation that is written alike in both.
WORKS = {
    "L1": "SPRAVATO (esketamine)", "L3b": "Philippine Ketamax", "N1a": "PDR summary, Spravato", "E5": "PMC3000408",
    "I1": "Spravato drug interactions", "I1a": "Andrade C", "I2": "10.3389/fpsyt.2020.00844", "I3": "Veraart JKE",
    "I5": "10.1007/s40263-021-00837-6", "I6": "10.1176/appi.ajp.2018.18020138", "I8": "n = 178",
    "I9": "10.1007/s00213-025-06896-7", "I10": "10.3390/ph16081164", "I11": "Mago R", "I12": "2023;62:1315-1328",
    "I13": "10.2147/NDT.S273287", "P1": "label figures", "P2": "10.1038/clpt.2011.140", "P3": "2012;26:743-750",
    "P4": "10.1016/j.ejpain.2009.10.003", "P5": "10.1007/s00228-012-1214-9", "P6": "2012.00908.x",
}  # fmt: skip
OUR_OWN = {"HOUSE", "RECALLED"}
CELLS = [row for part in ("Pharmacodynamic classes", "Pharmacokinetic interactions")
         for row in tables("screening", part) if "id" in row]  # fmt: skip


def rows_of(tree):
    if isinstance(tree, dict) or hasattr(tree, "items"):
        if "id" in tree:
            yield tree["id"], tree
        for part in tree.values():
            yield from rows_of(part)
    elif isinstance(tree, (tuple, list)):
        for part in tree:
            yield from rows_of(part)


def tags_in(tree):
    """Every source of a row and of its figures."""
    if isinstance(tree, (Figure, Series)):
        yield from tree.sources
    elif hasattr(tree, "items"):
        named = tree.get("source", ())
        yield from (SHEET.sources[tag] for tag in ((named,) if isinstance(named, str) else named))
        for part in tree.values():
            yield from tags_in(part)
    elif isinstance(tree, (tuple, list)):
        for part in tree:
            yield from tags_in(part)


ROWS = dict(rows_of(SHEET.body))


def differences():
    for cell in CELLS:
        wanted = {WORKS[tag] for tag in re.findall(r"\[(\w+)\]", cell["Source"])}
        cited = {source.citation for source in tags_in(ROWS[cell["id"]])}
        cited -= {SHEET.sources[tag].citation for tag in OUR_OWN}
        if any(not any(work in citation for citation in cited) for work in wanted):
            yield cell["id"], "Source"
        if any(not any(work in citation for work in wanted) for citation in cited):
            yield cell["id"], "Source beside"


def test_each_interaction_cites_the_works_that_the_reference_names_and_no_other():
    assert len(CELLS) == 43
    assert set(differences()) == deliberate("interaction citations")


@pytest.mark.parametrize("tag", sorted(WORKS))
def test_the_works_are_those_of_the_reference(tag):
    text = original("screening", ketacare_reference())
    told = re.findall(rf"\[{tag}\] ([^\[]*)", text)
    assert any(WORKS[tag].casefold() in one.casefold() for one in told)
