"""CI-04: an allergy list that names ketamine by any of its names, that may mean it, and that does not."""

import pytest

from ketacare.medicine.candidacy.reader.allergens import allergens
from ketacare.medicine.candidacy.rules.allergens import allergic
from ketacare.medicine.candidacy.terms.allergens import Allergic


@pytest.mark.parametrize(
    ("entry", "answer"),
    [
        ("ketamine", Allergic.YES),
        ("Ketalar (hives, 2019)", Allergic.YES),
        ("SPRAVATO", Allergic.YES),
        ("ketamina", Allergic.YES),
        ("penicillin; Esketamin", Allergic.YES),
        ("S-ketamine", Allergic.YES),
        ("Calypsol", Allergic.YES),
        ("Ketolar", Allergic.YES),
        ("ketmine", Allergic.IN_DOUBT),
        ("Ketaminhydrochlorid", Allergic.IN_DOUBT),
        ("spravata", Allergic.IN_DOUBT),
        ("benzethonium chloride", Allergic.IN_DOUBT),
        ("EDTA", Allergic.IN_DOUBT),
        ("general anesthesia, swelling", Allergic.IN_DOUBT),
        ("anestésico", Allergic.IN_DOUBT),
        ("a los ANESTESICOS locales", Allergic.IN_DOUBT),
        ("Anaesthetika", Allergic.IN_DOUBT),
        ("Anästhetika", Allergic.IN_DOUBT),
        ("Anästhetikum", Allergic.IN_DOUBT),
        ("Narkosemittel", Allergic.IN_DOUBT),
        ("penicillin", Allergic.NO),
        ("ketorolac", Allergic.NO),
        ("ketoconazole", Allergic.NO),
        ("histamine", Allergic.NO),
        ("memantine", Allergic.NO),
        ("thiamine", Allergic.NO),
        ("latex", Allergic.NO),
        ("", Allergic.NO),
    ],
)
def test_ci_04_what_an_entry_says_of_ketamine(entry, answer):
    assert allergic([entry], allergens()) is answer


def test_ci_04_the_gravest_entry_of_a_list_counts():
    assert allergic([], allergens()) is Allergic.NO
    assert allergic(["latex", "ketmine"], allergens()) is Allergic.IN_DOUBT
    assert allergic(["ketmine", "Ketalar", "latex"], allergens()) is Allergic.YES
