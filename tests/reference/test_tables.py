import pytest

from tests.reference_tables import COPY, copied, copy_of, headings, ketacare_reference, rows_under, tables

TEXT = """
# Book
## 1. Lines and more
words

| id | Limit | Note |
|---|---|---|
| A-1 | **stop** at `90` | - |
| A-2 |  | two |

| Drug | mg | | Drug | mg |
|---|---|---|---|---|
| a | 1 | | b | 2 |
| c | 3 | | | |

### 1.1a Other
| id |
|---|
| B-1 |
"""


def test_rows_are_found_under_their_heading_without_its_number():
    assert rows_under("Lines", TEXT) == [
        {"id": "A-1", "Limit": "stop at 90", "Note": "-"},
        {"id": "A-2", "Limit": "", "Note": "two"},
        {"Drug": "a", "mg": "1"},
        {"Drug": "b", "mg": "2"},
        {"Drug": "c", "mg": "3"},
    ]
    assert rows_under("Other", TEXT) == [{"id": "B-1"}]
    assert rows_under("Other", TEXT + "\n## Other again\n") == [{"id": "B-1"}], "the whole heading goes first"


def test_a_heading_that_is_not_there_or_not_one_is_refused():
    with pytest.raises(LookupError, match="0 headings"):
        rows_under("Nowhere", TEXT)
    with pytest.raises(LookupError, match="2 headings"):
        rows_under("Oth", TEXT + "\n## Other again\n")


@pytest.mark.parametrize("name", sorted(path.stem for path in COPY.glob("*.md")))
def test_the_copy_that_is_carried_says_what_the_reference_says(name):
    folder = ketacare_reference()
    assert len(headings(copied(name))) > 3
    assert copied(name) == copy_of(name, folder), "write it again: python -m tests.reference_tables"


def test_the_reference_has_its_tables():
    rows = tables("screening", "Cardiovascular, vascular")
    assert [row["id"] for row in rows][:2] == ["CI-01", "CI-02"]
