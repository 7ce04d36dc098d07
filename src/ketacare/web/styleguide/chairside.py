"""The chairside half of the style guide: values, alarms, grid, doses, wall."""

from datetime import datetime, timedelta
from math import exp, sin
from typing import Any
from zoneinfo import ZoneInfo

BEGAN = datetime(2026, 7, 14, 14, 8, tzinfo=ZoneInfo("America/Chicago"))

Rows = dict[str, Any]


def chairside() -> Rows:
    return {
        "began": BEGAN,
        "vitals": _vitals(),
        "alarms": _alarms(),
        "dose": _dose(),
        "taps": TAPS,
        "sheet": _sheet(),
        "trend": _trend(),
        "trend_rows": [("T+0 14:08", "124/78", "72", "98"), ("T+5 14:13", "131/82", "78", "98")],
        "working": WORKING,
        "compared": COMPARED,
        "tiles": _tiles(),
        "pager": _pager(),
    }


TAPS = (
    {"key": "n", "label": "Nausea", "value": "nausea"},
    {"key": "d", "label": "Distress", "value": "distress"},
    {"key": "t", "label": "Toilet", "value": "toilet"},
    {"key": "w", "label": "Water", "value": "water"},
    {"key": "m", "label": "Moved", "value": "moved"},
    {"key": "s", "label": "Spoke", "value": "spoke"},
)

WORKING = (
    {"label": "Dose", "value": "36", "unit": "mg", "working": "0.5 mg/kg × 72 kg"},
    {"label": "Volume", "value": "3.6", "unit": "mL", "working": "36 mg ÷ 10 mg/mL"},
    {"label": "Rate", "value": "75", "unit": "mL/h", "working": "50 mL ÷ 40 min × 60"},
    {"label": "Time", "value": "40", "unit": "min", "working": "50 mL ÷ 75 mL/h"},
)

COMPARED = (
    {"label": "Drug", "first": "ketamine", "second": "ketamine", "same": True},
    {"label": "Dose", "first": "36 mg", "second": "36 mg", "same": True},
    {"label": "Concentration", "first": "10 mg/mL", "second": "50 mg/mL", "same": False},
)


def _vital(channel: str, label: str, value: str, unit: str, state: str, **more: Any) -> Rows:
    return {"channel": channel, "label": label, "value": value, "unit": unit, "state": state, "age_seconds": 1} | more


def _vitals() -> list[Rows]:
    probe = {"age_seconds": 14, "last": "96", "last_at": BEGAN}
    pressure = {"age_seconds": 192, "limits": "90–180", "interval_s": 600}
    return [
        _vital("SPO2", "SpO2", "97", "%", "live", limits="90–100"),
        _vital("HR", "Heart rate", "84", "/min", "live", limits="50–120"),
        _vital("NIBP_SYS NIBP_DIA", "Blood pressure", "138/86", "mmHg", "intermittent", **pressure),
        _vital("RR", "Respiratory rate", "14", "/min", "stale", age_seconds=8),
        _vital("SPO2", "SpO2", "96", "%", "lost", **probe),
        _vital("HR", "Heart rate", "31", "/min", "bad quality", last="82", last_at=BEGAN),
        _vital("SPO2", "SpO2", "", "%", "not monitored", reason="since 14:02, Dr A. Haddad: probe change"),
        _vital("SPO2", "SpO2", "84", "%", "live", alarm="high", alarm_words="too low", limits="90–100"),
        _vital("NIBP_SYS NIBP_DIA", "Blood pressure", "116/74", "mmHg", "intermittent", owed="check missed"),
    ]


def _alarm(priority: str, words: str, **more: Any) -> Rows:
    acts = {"acknowledge": "#", "pause": "#"}
    return {"id": words[:4], "priority": priority, "words": words, "since": BEGAN, "state": "present"} | acts | more


def _alarms() -> Rows:
    low_oxygen = _alarm("high", "SpO2 84 % – limit 90 – chair 3")
    lost = _alarm("medium", "SpO2 signal lost – last 96 % at 14:31:07", technical=True)
    return {
        "several": [low_oxygen, lost],
        "all": [
            low_oxygen,
            _alarm("medium", "Blood pressure 184/102 mmHg – notice 180 – repeat due"),
            _alarm("low", "Blood pressure due at T+15 is late"),
            lost,
            _alarm("high", "SpO2 84 % – limit 90", state="acknowledged", acknowledged_by="R. Silva"),
            _alarm("high", "SpO2 was 83 % for 00:41 – limit 90", state="latched", pause=None),
        ],
    }


def _dose() -> Rows:
    return {
        "drug": "ketamine intravenous",
        "given": "21.6",
        "ordered": "36",
        "meant": "36.25 mg",
        "unit": "mg",
        "share": 0.6,
        "rate": "75 mL/h",
        "ends": "ends 14:48",
        "stopped": None,
    }


def _sheet() -> Rows:
    marks = ((0, "done"), (5, "done"), (15, "late"), (20, "skipped"), (25, "due_now"), (30, "due"), (40, "due"))
    columns = [
        {"t": f"T+{t}", "at": BEGAN + timedelta(minutes=t), "state": state, "reason": None, "extra": False}
        for t, state in marks
    ]
    columns[3]["reason"] = "asleep"
    columns[1]["taken"] = "T+7"
    return {
        "caption": "Session flowsheet",
        "columns": columns,
        "groups": [
            {"name": "Vital signs", "closed": False, "rows": _sign_rows()},
            {"name": "Sedation and dissociation", "closed": False, "rows": _mind_rows()},
            {"name": "Events", "closed": True, "rows": [_row("events", "Event", "", ["", "", "", "", "", "", ""])]},
        ],
        "totals": [{"label": "Given", "value": "21.6 mg"}, {"label": "Watched", "value": "24 min"}],
    }


def _row(key: str, name: str, unit: str, cells: list[Any]) -> Rows:
    return {"key": key, "name": name, "unit": unit, "input": True, "parse": None, "cells": cells}


def _cell(value: str, source: str = "device", **more: Any) -> Rows:
    return {"value": value, "source": source, "quality": "good"} | more


def _sign_rows() -> list[Rows]:
    corrected = _cell("131/82", "hand", corrected=True, was="183/82", comment="left arm")
    high = _cell("184/102", abnormal="high", trend="up")
    bad = _cell("71", quality="bad", comment="moving")
    blank: list[Any] = [None] * 5
    return [
        _row("pressure", "Blood pressure", "mmHg", [_cell("124/78"), corrected, None, None, None, None, None]),
        _row("HR", "Heart rate", "/min", [_cell("72"), _cell("78"), _cell("81", taken="T+13"), None, None, None, None]),
        _row("SPO2", "SpO2", "%", [_cell("98"), bad, *blank]),
        _row("systolic_again", "Repeat pressure", "mmHg", [high, None, *blank]),
    ]


def _mind_rows() -> list[Rows]:
    blank: list[Any] = [None] * 5
    return [
        _row("sedation", "Sedation (MOAA/S)", "0–5", [_cell("5", "hand"), _cell("5", "hand"), *blank]),
        _row("pain", "Pain", "0–10", [_cell("0", "patient"), None, *blank]),
    ]


def _trend() -> Rows:
    return {
        "visit": "a",
        "started_at": BEGAN.isoformat(),
        "zone": "America/Chicago",
        "minutes": 80,
        "readings": [*_pressures(), *_rates(), *_saturations()],
        "limits": [
            {"channel": "NIBP_SYS", "value": 180, "words": "notice 180"},
            {"channel": "HR", "value": 120, "words": "HR 120"},
            {"channel": "SPO2", "value": 90, "words": "limit 90"},
        ],
        "baseline": {"NIBP_SYS": 122, "NIBP_DIA": 76},
        "doses": [{"from_t": 0, "to_t": 40, "words": "36 mg"}],
        "events": [{"t": 18, "letter": "N", "words": "Nausea"}, {"t": 33, "letter": "W", "words": "Water"}],
        "previous": [],
    }


def _pressures() -> list[Rows]:
    readings: list[Rows] = []
    for t in (-10, 0, 5, 15, 25, 35, 45, 60):
        rise = 22 * exp(-(((t - 30) / 25) ** 2))
        systolic, diastolic = round(122 + rise), round(76 + rise * 0.6)
        readings += _point("NIBP_SYS", t, systolic), _point("NIBP_DIA", t, diastolic)
        readings += (_point("NIBP_MEAN", t, round((systolic + 2 * diastolic) / 3)),)
    return readings


def _point(channel: str, t: float, value: float, quality: str = "good") -> Rows:
    return {"channel": channel, "t": t, "value": value, "quality": quality}


def _rates() -> list[Rows]:
    return [_point("HR", t, round(74 + 12 * exp(-(((t - 28) / 22) ** 2)) + 2 * sin(t))) for t in range(-10, 62)]


def _saturations() -> list[Rows]:
    gap = range(24, 29)
    shape = {t: round(97.5 + sin(t / 4)) for t in range(-10, 62) if t not in gap}
    return [_point("SPO2", t, value, "bad" if t == 23 else "good") for t, value in shape.items()]


def _tiles() -> list[Rows]:
    def three(spo2: str, rate: str, pressure: str, state: str = "live") -> list[Rows]:
        return [
            _vital("SPO2", "SpO2", spo2, "%", state),
            _vital("HR", "Heart rate", rate, "/min", "live"),
            _vital("NIBP_SYS NIBP_DIA", "Blood pressure", pressure, "mmHg", "intermittent", age_seconds=192),
        ]

    calm = {"nurse": "R. Silva", "supervisor": "Dr Haddad", "started_at": BEGAN, "visit": "a", "alarm": None}
    return [
        calm
        | {"chair": "Chair 3", "initials": "M.O.", "phase": "dosing", "elapsed": "24:10", "next_due": "Blood pressure"}
        | {"next_in": "in 01:50", "values": three("84", "104", "138/86"), "alarm": _alarms()["all"][0]},
        calm
        | {"chair": "Chair 1", "initials": "A.L.", "phase": "recovery", "elapsed": "71:02", "next_due": "Gait"}
        | {"next_in": "in 08:58", "values": three("98", "72", "121/74"), "state_word": "Calm, awake"}
        | {"ready_at": "Not home before 15:40", "escort": "Escort here"},
    ]


def _pager() -> Rows:
    return {
        "what": "SpO2 84 %, limit 90",
        "chair": "Chair 3",
        "initials": "M.O.",
        "since": "for 42 s",
        "values": _vitals()[:3],
        "going": "#",
        "pass_on": "#",
    }
