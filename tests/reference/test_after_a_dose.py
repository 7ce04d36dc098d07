"""Ways home, late safety, the programme's form and staffing: each figure that a sheet holds is the reference's."""

import re
from dataclasses import fields
from decimal import Decimal
from pathlib import Path

import pytest

from ketacare.clinic.dosing.actions import owed_after
from ketacare.clinic.dosing.queries.rems import Form
from ketacare.medicine.evidence.reader import read_sheet
from ketacare.medicine.safety import reader as safety
from tests.reference.differences import deliberate
from tests.reference.test_protocols import KNOWLEDGE, numbers
from tests.reference_tables import copied, section, tables

MEDICINE = Path(safety.__file__).parent.parent


def sheet(room, name):
    return read_sheet(MEDICINE / room / "knowledge" / f"{name}.toml").body


def values(table, *names):
    return [table[name].value for name in names]


# --- not ready, closing, leaving --------------------------------------------------------------------------------------

WAYS = {row["Case"]: numbers(" ".join(row.values())) for row in tables("treatment", "Not ready, closing, leaving")}
HOURS = int(owed_after.CALLED_WITHIN.total_seconds()) // 3600


@pytest.mark.parametrize("route", ["iv", "im", "esk", "sl"])
def test_who_is_not_ready_is_looked_at_when_the_table_says(route):
    release = read_sheet(KNOWLEDGE / f"rl-{route}.toml").body["release"]
    lines = {
        "not ready at T+min+60": values(release, "review_after"),
        "not ready at closing -30 min": values(release, "before_closing"),
        "T+240 not ready": values(release, "not_ready_most"),
        "no escort arrives": values(release, "escort_wait"),
    }
    assert {case: set(ours) for case, ours in lines.items()} == {case: WAYS[case] for case in lines}


def test_whoever_leaves_early_is_called_within_the_hours_of_the_table():
    assert WAYS["wants to leave early"] == {Decimal(HOURS)}


def test_no_other_way_home_has_a_figure():
    assert {case for case, told in WAYS.items() if not told} == {
        "leaves without capacity or with new intent",
        "impaired and driving off",
    }


# --- late and cumulative safety ---------------------------------------------------------------------------------------

LATE = {row["id"]: row for row in tables("treatment", "Late and cumulative safety")}
# By whom a row is held: the sheet of a scale or of a course, or the cadence that asks for it.
HELD = {"LS-01", "LS-02", "LS-04", "LS-05", "LS-07", "LS-08", "LS-10"}
ASKED_INSTEAD = {"LS-03": "LS-02"}  # an alternative to it
# No sheet has a figure of these: what follows a positive scale, wanting and liking, drift of pressure.
NO_SHEET = {"LS-A", "LS-06", "LS-09"}


def test_every_row_of_late_safety_is_held_or_named_here():
    assert LATE.keys() == HELD | ASKED_INSTEAD.keys() | NO_SHEET
    assert all(f"alternative to {other}" in LATE[row]["Baseline, cadence"] for row, other in ASKED_INSTEAD.items())


def test_the_bladder_scale_has_its_items_its_range_and_its_lines():
    scale = sheet("outcomes", "bpic-ss")
    scored = [item for item in scale["items"] if item.get("scored", True)]
    most = sum(item.get("high", scale["instrument"]["high"]).value for item in scored)
    rows = {row["id"]: row for row in sheet("safety", "triage")["rows"]}
    total, rise = rows["bpic-ss.total"]["total"].value, rows["bpic-ss.rise"]["rise"].value
    assert LATE["LS-02"]["Tool, scoring"].startswith(f"{len(scored)} items, 0-{most}")
    assert re.match(rf">= {total} .*rise >= {rise} ", LATE["LS-02"]["Line -> action"])


@pytest.mark.parametrize(("row", "scale"), [("LS-02", "bpic-ss"), ("LS-07", "kset-r")])
def test_the_scale_is_asked_again_no_later_than_the_table_says(row, scale):
    """More often than that: the table of instruments is the stricter one, and its cadence is shipped."""
    asks = {ask["key"]: ask for ask in sheet("outcomes", "cadence")["asks"]}
    most = Decimal(re.search(r"(\d+) d\b", LATE[row]["Baseline, cadence"])[1])
    assert all(scale in asks[key]["staff"] and asks[key]["every"].value <= most for key in ("monthly", "quarterly"))


def test_liver_and_cognition_have_the_lines_of_the_table_or_say_why_not():
    """Of a whole sheet only the rows that read these facts."""
    found = set()
    for row, facts in (("LS-04", ("alt_times_uln", "alp_times_uln")), ("LS-05", ("moca",))):
        criteria = str([one for one in sheet("candidacy", "contraindications-1")["criteria"] if facts[0] in str(one)])
        held = {Decimal(number) for number in re.findall(r"Decimal\('([\d.]+)'\)", criteria)}
        told = numbers(LATE[row]["Line -> action"])
        assert told & held, row
        found |= {(row, "Line -> action")} if told - held else set()
    assert found == deliberate("late safety")


def test_how_many_sessions_are_much_is_the_table_s():
    rules = {rule["id"]: rule for rule in sheet("protocols", "reviews-1")["rules"]}
    racemic = values(rules["CE-1"], "most_in_month", "month", "most_in_year", "year")
    esketamine = values(rules["CE-2"], "most_in_month", "month", "from_week")
    told = re.match(
        r"racemic > (\d+) sessions/(\d+) d or > (\d+)/(\d+) d, esketamine > (\d+)/(\d+) d after wk (\d+)",
        LATE["LS-10"]["Line -> action"],
    )
    assert told is not None
    assert [*racemic, *esketamine] == [Decimal(number) for number in told.groups()]
    windows = re.search(r"in (\d+)/(\d+)/(\d+) d, by route", LATE["LS-10"]["Tool, scoring"])
    assert list(rules["CE-6"]["windows"].values) == [Decimal(number) for number in windows.groups()]


def test_more_for_the_same_is_the_table_s():
    rules = {rule["id"]: rule for rule in sheet("protocols", "reviews-1")["rules"]}
    told = re.fullmatch(
        r"dose up >= (\d+) % or interval down >= (\d+) % for same effect, (\d+)x in (\d+) d",
        LATE["LS-08"]["Tool, scoring"],
    )
    assert values(rules["CE-5"], "dose_up", "interval_down", "times", "back") == [Decimal(one) for one in told.groups()]
    assert values(rules["CE-4"], "back", "from_week") == values(rules["CE-5"], "back", "from_week")
    assert values(rules["CE-3"], "from_week") == values(rules["CE-4"], "from_week")


# --- the form of the esketamine programme -----------------------------------------------------------------------------

FORM = {row["Group"]: row["Fields"] for row in tables("treatment", "Monitoring form")}
# What of the record answers each group; setting and signature are the clinic's own and stand on the form itself.
ANSWERED = {
    "patient": {"enrolled", "earlier_here"},
    "medicines": {"medicines"},
    "monitor": {"monitor"},
    "session": {"dose_mg", "lots", "minutes", "ready_minutes"},
    "vitals": {"acceptable_before", "acceptable_at_end", "before", "at_40", "at_end"},
    "events": {
        *("sedation", "sedation_course", "dissociation", "dissociation_course"),
        *("respiratory_depression", "serious", "serious_known"),
    },
}
THE_CLINIC_S = {"setting", "sign"}
BESIDE = {"moaas_lowest", "dissociation_highest", "serials"}


def test_every_group_of_the_form_is_answered_from_the_record_and_nothing_else_is():
    assert FORM.keys() == ANSWERED.keys() | THE_CLINIC_S
    assert {field.name for field in fields(Form)} == set().union(*ANSWERED.values()) | BESIDE


def test_the_form_is_due_late_and_breached_on_the_days_of_the_table():
    rules = " ".join(section("Monitoring form", copied("treatment")))
    told = re.search(r"due T\+(\d) d, amber day (\d), red day (\d), breach day (\d).* SAE .* policy (\d+) h", rules)
    assert told is not None
    found = safety.effects_sheet()
    ours = [*values(found.programme, "due", "amber", "red", "breach"), *values(found.lines, "serious_report")]
    assert ours == [Decimal(number) for number in told.groups()]
    heading = next(line for line in copied("treatment").splitlines() if line.startswith("## Monitoring form"))
    assert f"<= {found.programme['breach'].value} days" in heading


def test_the_least_minutes_of_the_form_are_those_of_the_release():
    least = read_sheet(KNOWLEDGE / "rl-esk.toml").body["release"]["after_start"]
    assert f"end of monitoring (>= {least.value})" in FORM["session"]


# --- staffing ---------------------------------------------------------------------------------------------------------

STAFF = {row["Role"]: row for row in tables("treatment", "Staffing")}


def test_one_watches_as_many_as_the_table_says():
    planning, row = sheet("scheduling", "planning-1"), STAFF["monitor : patient"]
    watched = planning["watched"]
    acting, large, over = values(watched, "acting", "large", "large_over")
    assert row["Rest of dose"].startswith(f"1:{acting} (IV {over}), 1:{large} if > {over} mg/kg")
    assert row["Recovery"] == f"1:{watched['recovery'].value}"
    assert row["Esketamine"].startswith(f"1:{watched['nasal'].value} line of sight")
    assert "IV/IM first 15 min" in row
    assert planning["site"]["hands_on"].value == 15
