"""A scale as staff typed it: item by item, or its total; who rated, when, from where, not knowing what."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import QueryDict

from ketacare.clinic.outcomes.actions import Rater
from ketacare.clinic.people.models import User
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.outcomes import rules
from ketacare.medicine.outcomes.rules import TOTAL
from ketacare.medicine.outcomes.terms import AnswersRefused, Instrument, Item

OTHER = "other"


def field_of(item: Item) -> str:
    return f"item-{item.id}"


def answers_in(sheet: Instrument, data: QueryDict) -> dict[str, int | None]:
    """Every answer by its item, None where nothing was typed; the total too where one was. All faults at once."""
    faults: list[Refusal] = []
    total = whole_in(TOTAL, "Total", data.get(TOTAL, ""), faults)
    found: dict[str, int | None] = {
        item.id: code_in(item, data.get(field_of(item), ""), faults) for item in sheet.items
    }
    if total is not None:
        found = {**{item: code for item, code in found.items() if code is not None}, TOTAL: total}
        faults += total_faults(sheet, found) if not faults else []
    if faults:
        raise Refused(faults)
    return found


def whole_in(field: str, label: str, text: str, faults: list[Refusal]) -> int | None:
    if not text.strip():
        return None
    if text.strip().isascii() and text.strip().isdecimal():
        return int(text)
    faults.append(Refusal(field, f"{label}: {text.strip()!r} is not a whole number.", "Write digits only."))
    return None


def code_in(item: Item, text: str, faults: list[Refusal]) -> int | None:
    code = whole_in(field_of(item), f"Item {item.id}", text, faults)
    if code is not None and not item.allows(code):
        rule = f"Item {item.id}: {code} is not one of its answers."
        faults.append(Refusal(field_of(item), rule, f"Choose one of {rules.told_codes(item)}, or leave it empty."))
    return code


def total_faults(sheet: Instrument, found: dict[str, int | None]) -> list[Refusal]:
    """A total stands alone, beside it only what a person must see by itself."""
    try:
        rules.score_as_given(sheet, found)
    except AnswersRefused as refused:
        field, _, rule = str(refused).partition(": ")
        named = field.removeprefix("Item ")
        return [Refusal(f"item-{named}" if sheet.item(named) else TOTAL, f"{field}: {rule}", "")]
    return []


def rater_in(data: QueryDict, colleagues: list[User]) -> Rater:
    chosen = data.get("rater", "")
    user = next((one for one in colleagues if str(one.pk) == chosen), None)
    return Rater(
        user=user,
        name=data.get("rater_name", "").strip() if chosen == OTHER else "",
        profession=data.get("profession", "").strip(),
        came=data.get("came", ""),
        hidden=tuple(data.getlist("hidden")),
        edition=data.get("edition", "").strip(),
        carried=tuple(data.get("carried", "").replace(",", " ").split()),
        unseen=data.get("unseen") == "yes",
    )


def moment_in(data: QueryDict, at: datetime, zone: str) -> datetime:
    """When it was rated, on the clinic's clock; nothing typed means now."""
    text = data.get("happened_at", "").strip()
    if not text:
        return at
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    except ValueError:
        raise Refused(
            Refusal("happened_at", "This is not a day and a time.", "Write them as 2026-07-14 09:30.")
        ) from None
