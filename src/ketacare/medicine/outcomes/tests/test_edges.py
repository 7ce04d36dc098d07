"""The edges of every band and the codes, as the sources of the instruments print them: typed here by hand, read from no
sheet. A line is the instrument, and for each band its first and last total and its name."""

from decimal import Decimal

import pytest

from ketacare.medicine.outcomes import reader, rules

BANDS = """
phq-9; 0 4 minimal; 5 9 mild; 10 14 moderate; 15 19 moderately severe; 20 27 severe
gad-7; 0 4 minimal; 5 9 mild; 10 14 moderate; 15 21 severe
qids-sr16; 0 5 none; 6 10 mild; 11 15 moderate; 16 20 severe; 21 27 very severe
isi; 0 7 none; 8 14 subthreshold; 15 21 moderate; 22 28 severe
wsas; 0 9 subclinical; 10 20 significant impairment; 21 40 moderately severe or worse
madrs; 0 6 none; 7 19 mild; 20 34 moderate; 35 60 severe
hamd-17; 0 7 none; 8 16 mild; 17 23 moderate; 24 52 severe
hama; 0 17 mild; 18 24 mild to moderate; 25 30 moderate to severe; 31 56 very severe
bdi-ii; 0 13 minimal; 14 19 mild; 20 28 moderate; 29 63 severe
dast-10; 0 0 no problems; 1 2 low; 3 5 moderate; 6 8 substantial; 9 10 severe
audit; 0 7 zone I; 8 15 zone II; 16 19 zone III; 20 40 zone IV
ymrs; 0 11 not manic; 12 20 hypomanic; 21 60 manic
"""
# T 55, 60, 65 and 70 lie between two raw sums of the printed table: 15 is 54.1, 16 is 55.1; 21 59.4, 22 60.3; 27 64.9,
# 28 65.8; 32 69.7, 33 70.7.
T_SCORES = (
    "promis-depression-8a; 8 15 none to slight; 16 21 mild; 22 27 moderate; 28 32 moderately severe; 33 40 severe"
)


def lines(text: str) -> list[tuple[str, int, int, str]]:
    found = []
    for line in text.strip().splitlines():
        name, *bands = line.split("; ")
        found += [(name, int(low), int(high), words) for low, high, words in (band.split(" ", 2) for band in bands)]
    return found


@pytest.mark.parametrize(("name", "low", "high", "words"), lines(BANDS + T_SCORES))
def test_a_band_begins_and_ends_where_its_source_says(name, low, high, words):
    sheet = reader.instrument(name)
    assert rules.band(sheet, Decimal(low)) == rules.band(sheet, Decimal(high)) == words
    if low > rules.bounds(sheet)[0]:
        assert rules.band(sheet, Decimal(low - 1)) != words
    if high < rules.bounds(sheet)[1]:
        assert rules.band(sheet, Decimal(high + 1)) != words


@pytest.mark.parametrize("line", (BANDS + T_SCORES).strip().splitlines(), ids=lambda line: line.split(";")[0])
def test_no_band_is_left_out_here_and_the_last_ends_at_the_highest_total(line):
    name, *bands = line.split("; ")
    assert len(reader.instrument(name).bands) == len(bands)
    assert rules.bounds(reader.instrument(name)) == (int(bands[0].split()[0]), int(bands[-1].split()[1]))


@pytest.mark.parametrize(
    ("answers", "at_least"),
    [([4] * 8 + [0] * 12, False), ([4] * 8 + [1] + [0] * 11, True)],  # 32 and 33
)
def test_the_pcl_5_has_no_bands_and_one_line_at_33(answers, at_least):
    sheet = reader.instrument("pcl-5")
    assert sheet.bands == ()
    found = rules.score(sheet, {str(item): code for item, code in enumerate(answers, start=1)})
    assert found.total == sum(answers)
    assert found.subscales["at_33_or_more"] is at_least


# The panel, its total, and the items in order; `-` where the source gives none.
LOINC = """
phq-9 44249-1 44261-6 44250-9 44255-8 44259-0 44254-1 44251-7 44258-2 44252-5 44253-3 44260-8 69722-7
phq-2 55757-9 55758-7 44250-9 44255-8
gad-7 69737-5 70274-6 69725-0 68509-9 69733-4 69734-2 69735-9 69689-8 69736-7
pcl-5 101697-1 101698-9
audit 72110-0 75624-7 68518-0 68519-8 68520-6 97734-8 97735-5 97736-3 97737-1 97738-9 97739-7 97740-5
audit-c 72109-2 75626-2 68518-0 68519-8 68520-6
dast-10 82666-9 82667-7
mdq 85102-2 84773-1
c-ssrs-screener - - 93246-7 93247-5 93248-3 93249-1 93250-9 93267-3 93269-9
"""
ANSWERS = "LA6568-5 LA6569-3 LA6570-1 LA6571-9"
DIFFICULTY = "LA6572-7 LA6573-5 LA6575-0 LA6574-3"


@pytest.mark.parametrize("line", LOINC.strip().splitlines(), ids=lambda line: line.split()[0])
def test_the_codes_are_those_of_the_reference(line):
    name, panel, total, *items = (None if part == "-" else part for part in line.split())
    sheet = reader.instrument(name)
    assert (sheet.loinc, sheet.loinc_total) == (panel, total)
    assert [item.loinc for item in sheet.items if item.loinc] == items


def test_the_answers_of_the_phq_and_the_gad_have_their_codes():
    for name in ("phq-9", "phq-2", "gad-7"):
        sheet = reader.instrument(name)
        first = next(item for item in sheet.items)
        assert [choice.loinc for choice in first.choices or sheet.choices] == ANSWERS.split(), name
    difficulty = reader.instrument("phq-9").items[-1]
    assert [choice.loinc for choice in difficulty.choices] == DIFFICULTY.split()


def test_no_other_sheet_has_a_code_that_nobody_read():
    """The reference gives none for the other scales, and leaves the items of the PCL-5, DAST-10 and MDQ empty."""
    told = {line.split()[0] for line in LOINC.strip().splitlines()}
    coded = {name for name in reader.INSTRUMENTS if reader.instrument(name).loinc}
    assert coded <= told
