"""Reads the stored visits: invented ones, a file for each thing that is asked of them, each file with its own ground.

A visit says only what it is about; everything else is as under `normal` of its file. Times of a session are written in
minutes from its start, T0.
"""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from ketacare.medicine.dosing.rules.choices import drug_of
from ketacare.medicine.dosing.rules.stored import Kind, StoredVisit
from ketacare.medicine.dosing.rules.titration import Earlier
from ketacare.medicine.evidence.terms import Fact, Facts
from ketacare.medicine.monitoring.rules import channel_named
from ketacare.medicine.monitoring.rules.recording import Row
from ketacare.medicine.protocols.reader import protocol
from ketacare.medicine.quantities.terms import Concentration, Duration, Mass, MassPerWeight, Weight

_VISITS = "visits"
_TELLER = "nurse"


@cache
def stored_visits(folder: Path) -> tuple[StoredVisit, ...]:
    """Every visit beside a folder of vignettes, by what is asked of it; none where there are none."""
    return tuple(visit for kind in Kind for visit in _of_file(folder / _VISITS / f"{kind}.toml", kind))


def _of_file(path: Path, kind: Kind) -> Iterator[StoredVisit]:
    if not path.is_file():
        return
    file = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    for row in file["visit"]:
        at: datetime = file["at"] + timedelta(minutes=row.get("minute", 0))
        named = {key: row[key] for key in ("title", "protocol", "expected")}
        yield StoredVisit(row["id"], kind=kind, at=at, **named, **_GIVEN[kind](row, file))


def _measured(row: Mapping[str, Any], file: Mapping[str, Any]) -> dict[str, Any]:
    """`values` of a channel, one every so many seconds; "98*12" is twelve of them."""
    rows = [
        Row(file["at"] + timedelta(seconds=place * series["every_s"]), channel, value)
        for name, series in row["series"].items()
        if (channel := channel_named(name)) is not None
        for place, value in enumerate(_values(series["values"]))
    ]
    return {"rows": tuple(sorted(rows, key=lambda one: one.at))}


def _values(written: str) -> Iterator[Decimal]:
    for part in written.split():
        value, _, times = part.partition("*")
        yield from [Decimal(value)] * int(times or 1)


def _of_the_day(row: Mapping[str, Any], file: Mapping[str, Any]) -> dict[str, Any]:
    """Known on the day of the visit, or so many days before."""
    values = {**file["normal"], **row.get("facts", {})}
    ages = {**file["days_ago"], **row.get("days_ago", {})}
    told = [
        _fact(name, value, file["at"] - timedelta(days=ages.get(name, 0)), file["units"])
        for name, value in values.items()
        if name not in row.get("unknown", ())
    ]
    return {"facts": Facts(told)}


def _of_the_session(row: Mapping[str, Any], file: Mapping[str, Any]) -> dict[str, Any]:
    """Moments as minutes from T0, then what was found when. What a visit says of a name stands in place of all that the
    ground says of it."""
    moments = {**file["moments"], **row.get("moments", {})}
    own = {name for found in row.get("found", ()) for name in found} | set(row.get("unknown", ()))
    ground = [{name: value for name, value in found.items() if name not in own - {"at"}} for found in file["found"]]
    told = [
        _fact(name, value, _minute(file, found["at"]), {})
        for found in [*ground, *row.get("found", ())]
        for name, value in found.items()
        if name != "at"
    ]
    told += [Fact(name, _minute(file, at), None, _minute(file, at), _TELLER) for name, at in moments.items()]
    return {"facts": Facts([one for one in told if one.name not in row.get("unknown", ())])}


def _minute(file: Mapping[str, Any], minute: int) -> datetime:
    at: datetime = file["at"]
    return at + timedelta(minutes=minute)


def _fact(name: str, value: Any, known_at: datetime, units: Mapping[str, str]) -> Fact:
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return Fact(name, Decimal(value) if is_number else value, units.get(name) if is_number else None, known_at, _TELLER)


def _order(row: Mapping[str, Any], file: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "weight": Weight.of(row["weight_kg"]),
        "dose": _amount(row, row["protocol"]) if "dose" in row else None,
        "minutes": Duration.of(row["minutes"]) if "minutes" in row else None,
        "vial": Concentration.of(row["vial_mg_per_ml"]) if "vial_mg_per_ml" in row else None,
        "given_this_week": row.get("given_this_week", 0),
    }


def _amount(row: Mapping[str, Any], sheet_id: str) -> MassPerWeight | Mass:
    """In mg/kg or mg, as the protocol orders it."""
    return (MassPerWeight if protocol(sheet_id).by_weight else Mass).of(row["dose"])


def _so_far(row: Mapping[str, Any], file: Mapping[str, Any]) -> dict[str, Any]:
    """`before` are the sessions so far; what is not said of one is as `normal`."""
    known = row.get("improvement_percent")
    return {
        "before": tuple(_earlier(row["protocol"], one, file) for one in row["before"]),
        "improvement": None if known is None else Decimal(known),
    }


def _earlier(sheet_id: str, one: Mapping[str, Any], file: Mapping[str, Any]) -> Earlier:
    sheet, told = protocol(sheet_id), {**file["normal"], **one}
    values: dict[str, Any] = {
        name: Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value
        for name, value in told.items()
        if name in ("peak_systolic", "peak_diastolic", "distress", "moaas")
    }
    counted = {
        name: told[name] for name in ("vomited", "worst_grade", "worst_related", "stopped_early") if name in told
    }
    return Earlier(
        at=file["at"] - timedelta(days=told["days_ago"]),
        drug=drug_of(sheet.drug),
        route=sheet.route,
        dose=_amount(told, sheet_id),
        minutes=None if sheet.minutes is None else sheet.minutes.amount,
        **{name: value for name, value in values.items() if name not in one.get("unknown", ())},
        **counted,
    )


def _nothing(row: Mapping[str, Any], file: Mapping[str, Any]) -> dict[str, Any]:
    return {}


_GIVEN = {
    Kind.ALARMS: _measured,
    Kind.READINESS: _of_the_day,
    Kind.RELEASE: _of_the_session,
    Kind.DOSE: _order,
    Kind.NEXT_DOSE: _so_far,
    Kind.COURSE: _nothing,
}
