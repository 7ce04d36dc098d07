"""Instruments: bands, lines of change, scores and codes of each scale are those of its block, both ways.

The blocks of AUDIT, DAST-10 and WHO-5 have wording that may not be passed on for trade: they are read in the reference
itself, where it is."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from ketacare.medicine import outcomes
from ketacare.medicine.evidence.reader import read_sheet
from ketacare.medicine.outcomes import reader, rules
from tests.reference.differences import deliberate
from tests.reference.test_protocol_figures import by_house, leaves, letters, values
from tests.reference_tables import copied, ketacare_reference, original, section, tables

KNOWLEDGE = Path(outcomes.__path__[0]) / "knowledge"
# Scales that share a block with another one, or stand under another name.
SHARED = {
    "madrs": "madrs and madrs-24h", "madrs-24h": "madrs and madrs-24h", "cgi-s": "cgi-s and cgi-i",
    "cgi-i": "cgi-s and cgi-i", "cadss": "cadss and cadss-6", "cadss-6": "cadss and cadss-6",
    "c-ssrs-screener": "c-ssrs-screener and c-ssrs-since-last-visit",
    "c-ssrs-since-last-visit": "c-ssrs-screener and c-ssrs-since-last-visit",
}  # fmt: skip
OWN = (
    *("phq-9", "phq-2", "gad-7", "pcl-5", "moaa-s", "qids-sr16", "bdi-ii", "promis-depression-8a", "wsas", "sds"),
    *("isi", "q-les-q-sf", "mdq", "asrm", "dsi-ss", "bpic-ss", "meq30", "ebi", "hamd-17", "hama", "ymrs", "bprs-plus"),
)
NOT_CARRIED = {"audit": "audit and audit-c", "audit-c": "audit and audit-c", "dast-10": "dast-10", "who-5": "who-5"}
SCALES = (*OWN, *SHARED)
FIELDS = "use|score|missing|bands|change|flags|repeat|codes|licence"
CODE = r"\b(?:\d{4,6}-\d|LA\d+-\d)\b"
# Bands that the reference names with a sign between two words.
NAMES = {"mild-moderate": "mild to moderate", "moderate-severe": "moderate to severe"}


def block(scale):
    if scale in NOT_CARRIED:
        return "\n".join(section(NOT_CARRIED[scale], original("instruments", ketacare_reference())))
    return "\n".join(section(SHARED.get(scale, scale), copied("instruments")))


def field(scale, name):
    found = re.search(rf"\*\*{name}\*\* ?(.*?)(?= \*\*(?:{FIELDS})\*\*|\n|$)", block(scale))
    return found[1] if found else ""


def said(text):
    plain = re.sub(r"\[I\w+\]", "", text)
    return {Decimal(number).normalize() for number in re.findall(r"\d+(?:\.\d+)?|(?<=[ (])\.\d+", plain)}


def body(scale):
    return read_sheet(KNOWLEDGE / f"{scale}.toml").body


def bands(scale):
    return {band["name"]: (band["low"].value, band["high"].value) for band in body(scale).get("bands", ())}


def band_differences(scales):
    for scale in scales:
        ours, told = bands(scale), field(scale, "bands")
        for low, high, name in re.findall(r"(\d+)-(\d+) ([a-z][a-z -]*?)(?= [VSM]\b|,|;| \(|\.|$)", told):
            if ours.get(NAMES.get(name, name)) != (Decimal(low), Decimal(high)):
                yield scale, f"bands, {name}"


def test_every_band_that_the_block_prints_is_a_band_of_the_sheet():
    assert set(band_differences(SCALES)) == deliberate("bands of scales")


@pytest.mark.parametrize("scale", NOT_CARRIED)
def test_every_band_that_the_block_prints_is_a_band_of_the_sheet_of_what_is_not_carried(scale):
    assert list(band_differences([scale])) == []


def figures(scale):
    """What the sheet says by another word than the house's; how often it is asked is held by the cadence."""
    skipped = ("instrument.recall", "instrument.again", "crosswalks", "explained")
    found = leaves(body(scale))
    return [(name, one) for name, one in found if not by_house(one) and not name.startswith(skipped)]


def beside(scales):
    reliable = " ".join(section("Crosswalks and reliable change", copied("instruments")))
    for scale in scales:
        told = said(block(scale)) | said(reliable)
        yield from ((scale, name) for name, one in figures(scale) if values(one) - told)


def test_a_figure_that_cites_a_work_is_one_of_its_block():
    assert set(beside(SCALES)) == deliberate("figures of scales")


@pytest.mark.parametrize("scale", NOT_CARRIED)
def test_a_figure_that_cites_a_work_is_one_of_its_block_of_what_is_not_carried(scale):
    assert list(beside([scale])) == []


def surer(scales):
    for scale in scales:
        for part in ("bands", "change"):
            told = letters(field(scale, part)) | letters(field(scale, "score"))
            ours = {str(one.grade) for name, one in figures(scale) if name.startswith(f"{part}.")}
            told |= letters(field(scale, "bands"))  # a line of change that is a band's stands there
            if told and ours - told:
                yield scale, part


def test_bands_and_lines_of_change_are_no_surer_than_their_field():
    assert set(surer(SCALES)) == deliberate("grades of scales")


@pytest.mark.parametrize("scale", NOT_CARRIED)
def test_bands_and_lines_of_change_are_no_surer_than_their_field_of_what_is_not_carried(scale):
    assert list(surer([scale])) == []


def lines(scale):
    """Remission, response and reliable change as the block gives them in so many words."""
    told = f"{field(scale, 'change')} {field(scale, 'bands')}"
    for pattern, name in (
        (r"remission (?:<=|0-) ?(\d+)", "remission_at_most"),
        (r"remission < (\d+)", "remission_under"),
    ):
        if found := re.search(pattern, told):
            yield name, Decimal(found[1])
    if found := re.search(r"[Rr]eliable change (?:>= )?(\d+)\b", told):
        yield "reliable", Decimal(found[1])
    if found := re.search(r"response >= (\d+) %", told):
        yield "response", Decimal(found[1])


def line_differences(scales):
    for scale in scales:
        change = body(scale).get("change", {})
        for name, value in lines(scale):
            alike = {"remission_under": ("remission_at_most", -1), "remission_at_most": ("remission_under", 1)}
            other, by = alike.get(name, (name, 0))  # whole points: under 5 is 4 at the most
            ours = change[name].value if name in change else change[other].value - by if other in change else None
            if ours != value:
                yield scale, name


def test_remission_response_and_reliable_change_are_those_of_the_block():
    assert set(line_differences(SCALES)) == deliberate("lines of scales")


def test_what_reliable_change_is_worked_out_from_is_in_the_table():
    rows = [row for row in tables("instruments", "Crosswalks and reliable change") if "RC95" in row]
    for row in rows:
        scale = row["Scale"]
        spread = body(scale).get("spread") if "," not in scale else None
        if spread is not None:
            assert (spread["deviation"].value, spread["reliability"].value) == (
                Decimal(row["SD"]),
                Decimal(f"0{row['r']}"),
            )
    assert {row["Scale"] for row in rows} >= {"phq-9", "gad-7"}


def strings(tree):
    if isinstance(tree, str):
        yield tree
    for part in tree.values() if hasattr(tree, "items") else tree if isinstance(tree, tuple) else ():
        yield from strings(part)


def code_differences(scales):
    for scale in scales:
        sheet = {key: part for key, part in body(scale).items() if key != "sources"}
        ours, told = set(re.findall(CODE, " ".join(strings(sheet)))), set(re.findall(CODE, field(scale, "codes")))
        told |= set(re.findall(CODE, field("phq-9", "codes"))) & ours if "codes as phq-9" in block(scale) else set()
        yield from ((scale, code) for code in ours ^ told)


def test_the_codes_of_a_scale_are_those_of_its_block_and_no_other():
    assert set(code_differences(SCALES)) == deliberate("codes of scales")


def printed(scale):
    text = block(scale) + (block("phq-9") if scale in ("phq-2", "gad-7") else "")  # "codes as phq-9"
    return re.sub(r"[|\s]+", " ", text)


def asked(sheet):
    """What stands on the form: the stem, each question by its number where it has one, each answer by its code."""
    yield sheet.stem
    for item in sheet.scored_items:
        if item.name != "Responsiveness":  # the MOAA/S has no question
            yield item.words if len(sheet.scored_items) == 1 else f"{item.id} {item.words}"
        for choice in item.choices or sheet.choices:
            if choice.words and choice.code not in item.not_assessed:
                yield {f"{choice.code} {choice.words}", f"{choice.words} {choice.code}"}


def not_printed(scale, sheet):
    told = printed(scale)
    for words in asked(sheet):
        ways = words if isinstance(words, set) else {words}
        if not any(way.replace("—", "-") in told for way in ways):  # a dash is printed as a hyphen
            yield min(ways)


@pytest.mark.parametrize("scale", ["phq-9", "phq-2", "gad-7", "pcl-5", "cgi-s", "cgi-i", "moaa-s"])
def test_the_wording_that_ships_is_printed_in_its_block(scale):
    assert list(not_printed(scale, reader.instrument(scale))) == []


@pytest.mark.parametrize("scale", NOT_CARRIED)
def test_the_wording_that_ships_apart_is_printed_in_its_block(scale):
    sheet = rules.worded(reader.instrument(scale), reader.shipped_packs()[scale])
    # Introductions, and the code of a yes and a no, are the owner's own page's.
    assert set(not_printed(scale, sheet)) <= {sheet.stem, "1 Yes", "0 No"}
