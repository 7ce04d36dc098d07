import pytest

from ketacare.medicine.evidence.rules import inside


@pytest.mark.parametrize(
    ("title", "within"),
    [
        ("Blood pressure today", "blood pressure today"),
        ("ECG in date", "ECG in date"),
        ("MoCA", "MoCA"),
        ("STOP-Bang, points", "STOP-Bang, points"),
        ("Karolinska register model", "Karolinska register model"),
        ("Young Mania Rating Scale", "Young Mania Rating Scale"),
        ("Younger than 18", "younger than 18"),
        ("Japanese, nasal spray", "Japanese, nasal spray"),
        ("", ""),
    ],
)
def test_a_title_within_a_sentence_begins_small_unless_it_is_a_name(title, within):
    assert inside(title) == within
