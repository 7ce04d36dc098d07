"""What the rows read of the day of a dose alone, told by the sheets themselves."""

from ketacare.medicine.candidacy.reader import shipped
from ketacare.medicine.candidacy.rules import DayRow, day_rows


def test_the_rows_of_the_day_say_what_they_read_of_it():
    rows = day_rows(shipped().contraindications.criteria)
    assert rows["CI-19"] == DayRow(frozenset({"last_seizure_on"}), at_a_dose_only=False)
    assert rows["CI-70"] == DayRow(frozenset({"escort", "plans_to_drive"}), at_a_dose_only=True)
    assert rows["CI-18"].facts == {"head_injury_on"}, "what lasts is the evaluation's to ask"
    assert "period_late_over_7_days" in rows["CI-50"].facts, "under which condition a test is owed is asked as well"
    assert "CI-01" not in rows
