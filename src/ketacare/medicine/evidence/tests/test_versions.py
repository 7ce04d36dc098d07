"""Versions of a sheet: on file, written again, told apart, and amended by a clinic."""

import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import ketacare
from ketacare.medicine.evidence import rules
from ketacare.medicine.evidence.reader import (
    Released,
    SheetRefused,
    bounds,
    fingerprint,
    list_of,
    listed,
    read_sheet,
    sheet_from,
    shelf,
    table_in,
    written,
)
from ketacare.medicine.evidence.rules import Amendment, AmendmentRefused, Change, Kind
from ketacare.medicine.evidence.terms import Grade, Status

ON = date(2026, 12, 24)
TEXT = """
[sheet]
id = "x-1"
version = "1.0.0"
title = "A sheet"
status = "shipped"
author = "clinical content lead"
checker = "medical director"
reviewed_on = 2026-01-01
next_review_on = 2027-01-01
[sources]
L1 = "Author A. Journal 2020;1:1"
HOUSE = "House default"
[lines]
dose = { value = 0.5, unit = "mg/kg", source = "L1", grade = "V" }
at_minutes = { value = [-15, 0, 5], unit = "min", source = ["L1"], grade = "D" }
note = "as in the trial"
symptoms = ["chest pain", "headache"]
since = 2020-02-01
[[criteria]]
id = "CI-05"
title = "A heart attack, or another event of heart and vessels, within six weeks of the first dose"
effect = "stop"
source = "L1"
grade = "V"
when = { fact = "mi_on", within = { value = 42, unit = "d", source = "L1", grade = "M" }, valid = "today" }
[[criteria]]
id = "CI-13"
title = "Pressure"
effect = "stop"
source = "L1"
grade = "V"
[criteria.when]
any = [
  { fact = "sbp", over = { value = 160, unit = "mmHg", source = "L1", grade = "V" } },
  { not = { fact = "calm", is = true } },
]
valid = { value = 24, unit = "h", source = "HOUSE", grade = "D" }
[[vials]]
volume = { value = 10, unit = "mL", source = "L1", grade = "V" }
[[vials]]
volume = { value = 20, unit = "mL", source = "L1", grade = "V" }
"""


def sheet(text=TEXT):
    return sheet_from(table_in(text, "x-1.toml"), "x-1.toml")


def changed(*swaps, text=TEXT):
    for old, new in swaps:
        assert old in text
        text = text.replace(old, new)
    return sheet(text)


def told(old, new):
    return [(d.name, d.change, d.kind, d.old_words, d.new_words, d.parts) for d in rules.differences(old, new)]


# --- rows ----------------------------------------------------------------------------------------------------------


ROWS = """
[[criteria]]
id = "INT-01"
title = "Benzodiazepines"
mechanism = "Blunts over {line} of {which}"
source = ["L1", "HOUSE"]
grade = "D"
figures = { line = { value = 8, unit = "mg/d", source = "L1", grade = "V" }, which = "diazepam" }
[[criteria]]
id = "INT-02"
title = "Nobody says so"
[together.COM-01]
title = "Sedatives"
words = "Both within {window}"
source = "HOUSE"
grade = "D"
window = { value = 12, unit = "h", source = "HOUSE", grade = "D" }
"""


def test_every_row_is_looked_up_with_its_words_its_figures_and_its_source():
    first, second, third, by_key = rules.cited_rows(sheet(TEXT + ROWS))
    assert first.name.startswith("CI-05 A heart attack")
    in_full, effect = first.words
    assert (in_full[-14:], effect, first.sources[0].label, first.grade) == ("the first dose", "stop", "L1", Grade.V)
    assert third.words == ("Blunts over 8 mg/d of {which}",)
    assert ([source.label for source in third.sources], third.grade) == (["L1", "HOUSE"], Grade.D)
    assert [second.name, by_key.name, *by_key.words] == ["CI-13 Pressure", "COM-01 Sedatives", "Both within 12 h"]


def test_every_shipped_sheet_can_be_looked_up_row_by_row():
    wing = Path(ketacare.__file__).parent / "medicine"
    found = {one.header.id: list(rules.cited_rows(one)) for kept in shelf(wing).values() for one in kept.sheets}
    assert len(found["contraindications-1"]) > 60
    assert all(row.sources and row.name for rows in found.values() for row in rows)


# --- differences -----------------------------------------------------------------------------------------------------


def test_a_sheet_does_not_differ_from_itself_whatever_its_version():
    again = changed(('version = "1.0.0"', 'version = "1.1.0"'), ('status = "shipped"', 'status = "retired"'))
    assert told(sheet(), again) == []


@pytest.mark.parametrize(
    ("old", "new", "parts", "words"),
    [
        ("value = 0.5", "value = 0.50", None, None),
        ("value = 0.5", "value = 0.4", ("value",), "0.4 mg/kg"),
        ('unit = "mg/kg"', 'unit = "mg"', ("unit",), "0.5 mg"),
        ('"mg/kg", source = "L1"', '"mg/kg", source = "HOUSE"', ("source",), "0.5 mg/kg"),
        ('"mg/kg", source = "L1", grade = "V"', '"mg/kg", source = "L1", grade = "M"', ("grade",), "0.5 mg/kg"),
    ],
)
def test_each_part_of_a_figure_is_told(old, new, parts, words):
    expected = [("lines › dose", Change.CHANGED, Kind.FIGURE, "0.5 mg/kg", words, parts)] if parts else []
    assert told(sheet(), changed((old, new))) == expected


def test_series_words_lists_and_dates_are_told():
    new = changed(
        ("[-15, 0, 5]", "[-15, 0, 10]"),
        ("as in the trial", "as in both trials"),
        ('"headache"', '"blurred sight"'),
        ("since = 2020-02-01", "since = 2021-02-01"),
    )
    assert told(sheet(), new) == [
        ("lines › at minutes", Change.CHANGED, Kind.FIGURE, "-15, 0, 5 min", "-15, 0, 10 min", ("value",)),
        ("lines › note", Change.CHANGED, Kind.WORDS, "as in the trial", "as in both trials", ()),
        ("lines › symptoms", Change.CHANGED, Kind.WORDS, "chest pain, headache", "chest pain, blurred sight", ()),
        ("lines › since", Change.CHANGED, Kind.WORDS, "01-Feb-2020", "01-Feb-2021", ()),
    ]


def test_a_condition_is_told_whole_and_in_words():
    (difference,) = told(sheet(), changed(("value = 160", "value = 150"), ("is = true", "is = false")))
    name, change, kind, old, new, _ = difference
    assert (name, change, kind) == ("criteria › CI-13 Pressure › when", Change.CHANGED, Kind.CONDITION)
    assert old == "(sbp over 160 mmHg [V: L1]) or (not (calm is yes)), valid 24 h [D: HOUSE]"
    assert new == "(sbp over 150 mmHg [V: L1]) or (not (calm is no)), valid 24 h [D: HOUSE]"


def test_a_row_is_known_by_its_id_wherever_it_stands():
    first, second = TEXT.index("[[criteria]]"), TEXT.index("[[criteria]]", TEXT.index("[[criteria]]") + 1)
    vials = TEXT.index("[[vials]]")
    turned = TEXT[:first] + TEXT[second:vials] + TEXT[first:second] + TEXT[vials:]
    assert told(sheet(), sheet(turned)) == []
    without = sheet(TEXT[:first] + TEXT[second:])
    assert {(d.change, d.name.split(" › ")[1]) for d in rules.differences(sheet(), without)} == {
        (Change.REMOVED, "CI-05 A heart attack, or another event of heart and vessels, …")
    }
    assert {d.change for d in rules.differences(without, sheet())} == {Change.ADDED}


def test_rows_without_a_name_are_known_by_their_number():
    assert told(sheet(), changed(("value = 20", "value = 50"))) == [
        ("vials › 2 › volume", Change.CHANGED, Kind.FIGURE, "20 mL", "50 mL", ("value",))
    ]


ODD_ROWS = """
[[doubles]]
id = "D"
text = "first"
[[doubles]]
id = "D"
text = "second"
[[partly]]
id = "A"
text = "with an id"
[[partly]]
text = "without one"
[[ungraded]]
id = "INT-98"
title = "Cited by nobody"
source = "L1"
[deep.table.within]
line = { value = 3, unit = "d", source = "L1", grade = "V" }
[[denied]]
id = "CI-99"
title = "Sixty letters stand in full where the words come to an end x"
when = { not = { fact = "sbp", over = { value = 120, unit = "mmHg", source = "L1", grade = "V" } } }
"""


def test_rows_that_share_an_id_or_of_which_one_has_none_are_known_by_their_number():
    text = TEXT + ODD_ROWS
    first = ("doubles › D › text", Change.CHANGED, Kind.WORDS, "first", "another", ())
    assert told(sheet(text), changed(('"first"', '"another"'), text=text)) == [first]
    turned = changed(
        ('id = "A"\ntext = "with an id"', 'text = "without one, now the first"'),
        ('text = "without one"\n', 'id = "A"\ntext = "with an id"\n'),
        text=text,
    )
    assert told(sheet(text), turned) != []


def test_a_figure_is_found_however_deep_it_stands_and_under_a_not():
    found = {entry.place: entry.words for entry in rules.figures_of(sheet(TEXT + ODD_ROWS))}
    assert found["deep.table.within.line"] == "deep › table › within › line"
    title = "CI-99 Sixty letters stand in full where the words come to an end x"
    assert found["denied[0].when.not.over"] == f"denied › {title} › when › sbp › over"


def test_a_row_is_looked_up_only_with_its_grade():
    assert "INT-98 Cited by nobody" not in [one.name for one in rules.cited_rows(sheet(TEXT + ODD_ROWS))]


def test_a_source_written_anew_and_a_review_are_told():
    new = changed(("2020;1:1", "2021;2:2"), ("next_review_on = 2027-01-01", "next_review_on = 2028-01-01"))
    names = [difference.name for difference in rules.differences(sheet(), new)]
    assert names[0] == "lines › dose"
    assert names[-2:] == ["sheet › next review on", "sources › L1"]


# --- written again ---------------------------------------------------------------------------------------------------


def test_a_sheet_written_again_reads_the_same():
    odd = sheet(TEXT + '[odd]\n"a key with spaces" = "quotes \\" and \\u007f"\n')
    again = sheet(written(odd.table))
    assert again.body == odd.body
    assert rules.differences(odd, again) == ()


SHEETS = sorted(Path(ketacare.__file__).parent.glob("*/*/knowledge/*.toml"))


@pytest.mark.parametrize("path", SHEETS, ids=[path.stem for path in SHEETS])
def test_every_shipped_sheet_can_be_written_again(path):
    table = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    again = tomllib.loads(written(table), parse_float=Decimal)
    assert again == table
    assert fingerprint(again) == fingerprint(table)


def test_what_stands_outside_a_table_is_refused():
    with pytest.raises(ValueError, match="loose: stands outside a table"):
        written({"sheet": {}, "loose": "x"})


def test_the_fingerprint_looks_at_what_is_said():
    said = fingerprint(sheet().table)
    assert fingerprint(changed(("0.5,", "0.50,")).table) == said
    assert fingerprint(sheet(f"# a remark\n{TEXT}").table) == said
    for other in ("0.4,", '"0.5",'):
        assert fingerprint(table_in(TEXT.replace("0.5,", other), "x")) != said
    assert fingerprint(changed(("since = 2020-02-01", 'since = "2020-02-01"')).table) != said


# --- on file ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def wing(tmp_path):
    """A wing whose room `room` has three versions of x-1, and a sheet whose id begins alike."""
    folder = tmp_path / "room" / "knowledge"
    (folder / "earlier").mkdir(parents=True)

    def put(place, sheet_id, version):
        text = TEXT.replace('"x-1"', f'"{sheet_id}"').replace('version = "1.0.0"', f'version = "{version}"')
        (folder / place).write_text(text)

    put("x-1.toml", "x-1", "1.10.0")
    put("earlier/x-1-1.2.0.toml", "x-1", "1.2.0")
    put("earlier/x-1-1.9.0.toml", "x-1", "1.9.0")
    put("x-1-b.toml", "x-1-b", "2.0.0")
    put("earlier/x-1-b-1.0.0+a.toml", "x-1-b", "1.0.0+a")
    return tmp_path, put


def test_a_sheet_is_found_by_id_and_version(wing):
    root, _ = wing
    found = shelf(root)
    assert set(found) == {"x-1", "x-1-b"}
    assert [one.header.version for one in found["x-1"].sheets] == ["1.10.0", "1.9.0", "1.2.0"]
    assert found["x-1"].newest.header.version == "1.10.0"
    assert found["x-1"].at("1.9.0").header.version == "1.9.0"
    assert found["x-1"].at("7.0.0") is None
    assert found["x-1"].room == "room"


def test_files_that_contradict_their_place_are_refused(wing):
    root, put = wing
    put("earlier/x-1-1.3.0.toml", "x-1", "1.4.0")
    with pytest.raises(SheetRefused, match=r"x-1-1.3.0.toml: it holds x-1 1.4.0. Name the file"):
        shelf(root)
    put("earlier/x-1-1.3.0.toml", "x-1", "1.3.0")
    put("earlier/x-1-1.10.0.toml", "x-1", "1.10.0")
    with pytest.raises(SheetRefused, match=r"1\.10\.0 is also an earlier version"):
        shelf(root)


def test_one_id_belongs_to_one_sheet(wing):
    root, put = wing
    put("y.toml", "x-1", "1.0.0")
    with pytest.raises(SheetRefused, match="x-1 is the id of another sheet"):
        shelf(root)


# --- listed ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def listed_wing(wing):
    """The same folder with its list."""
    root, put = wing
    folder = root / "room" / "knowledge"

    def write(release=""):
        paths = [*folder.glob("*.toml"), *(folder / "earlier").glob("*.toml")]
        tables = [table_in(path.read_text(), path.name) for path in paths]
        (folder / "index.csv").write_text(list_of(tables, listed(folder), release=release))

    assert listed(folder) == {}
    write()
    return folder, put, write


def test_h19_a_sheet_changed_under_its_old_version_is_refused(listed_wing):
    folder, _, write = listed_wing
    path = folder / "x-1.toml"
    path.write_text("# a remark is no change\n" + path.read_text())
    assert read_sheet(path).header.version == "1.10.0"
    path.write_text(path.read_text().replace("value = 160", "value = 190"))
    with pytest.raises(SheetRefused, match=r"x-1.toml: sheet.version: the sheet has changed and still says version 1"):
        read_sheet(path)
    write()
    assert read_sheet(path).body["criteria"][1]["when"]["any"][0]["over"].value == 190


def test_h19_an_earlier_version_is_held_against_the_list_too(listed_wing):
    folder, _, _ = listed_wing
    path = folder / "earlier" / "x-1-1.9.0.toml"
    path.write_text(path.read_text().replace("value = 160", "value = 190"))
    with pytest.raises(SheetRefused, match="has changed"):
        shelf(folder.parent.parent)


def test_a_version_that_nobody_listed_is_refused(listed_wing):
    folder, put, _ = listed_wing
    put("x-2.toml", "x-2", "1.0.0")
    with pytest.raises(SheetRefused, match="not on the list of the folder"):
        read_sheet(folder / "x-2.toml")


def test_h19_what_a_release_has_shipped_is_never_listed_anew(listed_wing):
    folder, _, write = listed_wing
    write("0.1.0")
    assert {row.released for row in listed(folder).values()} == {"0.1.0"}
    path = folder / "x-1.toml"
    path.write_text(path.read_text().replace("value = 160", "value = 190"))
    with pytest.raises(SheetRefused, match="Put the released file back, or give it a new version"):
        read_sheet(path)
    with pytest.raises(Released, match=r"x-1 1\.10\.0 was released in 0\.1\.0 and has changed"):
        write()


@pytest.mark.parametrize("path", SHEETS, ids=[path.stem for path in SHEETS])
def test_every_shipped_sheet_is_on_the_list_of_its_folder(path):
    head = read_sheet(path).header
    assert (head.id, head.version) in listed(path.parent)


# --- amended ---------------------------------------------------------------------------------------------------------


def copy(*amendments):
    base = sheet()
    table = rules.amended(base, amendments, shipped=base, bounds=bounds(), version="1.0.0+clinic.1", by="Dr Ada", on=ON)
    return sheet_from(table, "x-1")


def test_an_amended_copy_changes_the_figures_named_and_says_who_and_why():
    over = Amendment("criteria[1].when.any[0].over", " 150 ", "mmHg", "older patients")
    dose = Amendment("lines.dose", "0.4", "mg/kg", "older patients")
    times = Amendment("lines.at_minutes", "-15, 0, 10", "min", "two nurses")
    own = copy(over, dose, times)
    assert (own.header.version, own.header.status, own.header.author) == ("1.0.0+clinic.1", Status.ADOPTED, "Dr Ada")
    assert own.header.next_review_on == date(2027, 1, 1)
    figure = own.body["lines"]["dose"]
    assert (figure.value, figure.unit, figure.grade) == (Decimal("0.4"), "mg/kg", Grade.D)
    assert figure.sources[0].citation == "Clinic's own: Dr Ada, 24-Dec-2026, older patients"
    assert own.body["criteria"][1]["when"]["any"][0]["over"].sources == figure.sources
    assert own.body["lines"]["at_minutes"].sources[0].label == "CLINIC-2"
    changes = [d.name for d in rules.differences(sheet(), own) if d.kind is not Kind.WORDS]
    assert changes == ["lines › dose", "lines › at minutes", "criteria › CI-13 Pressure › when"]
    assert sheet().body["lines"]["dose"].value == Decimal("0.5")


@pytest.mark.parametrize(
    ("amendment", "words"),
    [
        (Amendment("lines.dose", "0.4", "mg/kg", " "), "lines.dose.reason: the reason is empty. Say why"),
        (Amendment("lines.dose", "0,4", "mg/kg", "x"), "lines.dose: '0,4' is not a number"),
        (Amendment("lines.dose", "NaN", "mg/kg", "x"), "'NaN' is not a number"),
        (Amendment("lines.at_minutes", "1, two", "min", "x"), "'two' is not a number"),
        (Amendment("lines.note", "1", "min", "x"), "lines.note: no figure of this sheet"),
        (Amendment("lines.dose", "0.4", " ", "x"), r"lines.dose.unit: empty. What reads this figure counts in mg/kg"),
        (Amendment("lines.dose", "0.4", "mg", "x"), "lines.dose.unit: 'mg' is not its unit"),
    ],
)
def test_amendments_that_cannot_be_read_are_refused(amendment, words):
    with pytest.raises(AmendmentRefused, match=words):
        copy(amendment)


def test_figures_are_named_by_where_they_stand():
    places = {entry.place: entry.words for entry in rules.figures_of(sheet())}
    assert places["criteria[1].when.any[0].over"] == "criteria › CI-13 Pressure › when › sbp › over"
    assert places["criteria[1].when.valid"] == "criteria › CI-13 Pressure › when › valid"
    assert places["criteria[0].when.within"].endswith("when › mi on › within the last")
    assert places["vials[1].volume"] == "vials › 2 › volume"
    assert len(places) == 7
    assert rules.amount(sheet().body["vials"][0]["volume"]) == "10 mL"
    assert rules.in_words(Decimal(5)) == "5"
