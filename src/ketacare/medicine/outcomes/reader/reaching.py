"""How patients are written to, from its sheet."""

from functools import cache
from pathlib import Path

from ketacare.medicine.evidence.reader import SheetRefused, read_sheet
from ketacare.medicine.evidence.terms import Sheet
from ketacare.medicine.outcomes.reader.tables import table
from ketacare.medicine.outcomes.terms import Outreach

_SHEET = Path(__file__).parents[1] / "knowledge" / "outreach.toml"
_DAY_H = 24


@cache
def outreach() -> Outreach:
    return outreach_from(read_sheet(_SHEET))


def outreach_from(sheet: Sheet) -> Outreach:
    names = ("quiet", "shut", "gateway", "link", "late", "asked")
    quiet, shut, gateway, link, late, asked = (table(sheet.body, name) for name in names)
    for name in ("begins", "ends"):
        if quiet[name].unit != "h" or not 0 <= quiet[name].value < _DAY_H:
            raise SheetRefused(sheet.header.id, [f"quiet.{name}: is no hour of the day. Write 0 to 23."])
    if shut["longer_than"].unit != "h":
        raise SheetRefused(sheet.header.id, ["shut.longer_than: is not in hours. Write it with the unit h."])
    return Outreach(
        quiet_begins=quiet["begins"],
        quiet_ends=quiet["ends"],
        night=quiet["night"],
        shut_longer_than=shut["longer_than"],
        tries=gateway["tries"],
        again_after=gateway["again_after"],
        not_taken=gateway["not_taken"],
        no_receipt=gateway["no_receipt"],
        mail_tried_for=gateway["mail_tried_for"],
        wrong_years=link["wrong_years"],
        device_known=link["device_known"],
        link_lives=link["lives"],
        fresh_again=link["fresh_again"],
        fresh_a_day=link["fresh_a_day"],
        caregiver_known=link["caregiver_known"],
        late_taken_for=late["taken_for"],
        asked_again=asked["again"],
        time_to_answer=asked["time_to_answer"],
        late_start=asked["late_start"],
        stop_words=frozenset(table(sheet.body, "stop")["words"]),
        stop_first=frozenset(table(sheet.body, "stop")["first"]),
        stop_courtesy=frozenset(table(sheet.body, "stop")["courtesy"]),
        start_words=frozenset(table(sheet.body, "start")["words"]),
    )
