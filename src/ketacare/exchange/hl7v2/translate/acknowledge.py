"""The answer to a message: taken, refused for its content, or not takable at all; each refusal with its place."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from ketacare.exchange.hl7v2.translate import segments
from ketacare.exchange.mailroom.translate import Fault

Answer = Literal["AA", "AE", "AR"]
ERRORS_MOST = 50  # every fault is kept with the message; the answer names the first of them
CONTROL = re.compile(r"[\x00-\x1f|^~\\&]")
RULES = {  # HL7 table 0357
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "103": "Table value not found",
    "200": "Unsupported message type",
    "201": "Unsupported event code",
    "203": "Unsupported version id",
    "205": "Duplicate key identifier",
    "207": "Application internal error",
}


def acknowledgement(raw: bytes, answer: Answer, *, at: datetime, faults: Sequence[Fault] = (), number: str) -> bytes:
    """An ACK for `raw` in its own version and for its own sender, even when little of it can be read."""
    header = _header(raw)
    application, facility = header[2], header[3]
    sent_at = at.astimezone(UTC).strftime("%Y%m%d%H%M%S+0000")
    lines = [
        f"MSH|^~\\&|KETACARE|{header[5]}|{application}|{facility}|{sent_at}||ACK^R01^ACK|{number}|{header[11]}|{header[12]}"
        "||||||UNICODE UTF-8",
        f"MSA|{answer}|{header[10]}",
        *(_error(fault) for fault in faults[:ERRORS_MOST]),
    ]
    return ("\r".join(lines) + "\r").encode("utf-8")


def _error(fault: Fault) -> str:
    rule = RULES.get(fault.code, RULES["207"])
    return f"ERR||{_safe_place(fault.where)}|{fault.code}^{rule}^HL70357|E||||{_safe(fault.words)}"


def _header(raw: bytes) -> dict[int, str]:
    """The few header fields an answer repeats, made safe; defaults where nothing can be read."""
    fields = {2: "", 3: "", 5: "", 10: "", 11: "P", 12: "2.6"}
    header = segments.header(raw)
    if header is None:
        return fields
    read = {2: header.part(3), 3: header.part(4), 5: header.part(6), 10: header.part(10)}
    fields |= {number: _safe(text)[:199] for number, text in read.items()}
    fields[11] = _safe(header.part(11))[:1] or "P"
    fields[12] = _safe(header.part(12))[:8] or "2.6"
    return fields


def _safe(text: str) -> str:
    return CONTROL.sub(" ", text)


def _safe_place(text: str) -> str:
    """ERR-2 is made of components, so the caret stays."""
    return "^".join(_safe(part) for part in text.split("^"))
