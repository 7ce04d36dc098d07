"""Messages as a bedside monitor sends them, for playing recordings.."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from ketacare.medicine.monitoring.terms import Channel

UNITS = {
    "/min": "264864^MDC_DIM_BEAT_PER_MIN^MDC",
    "%": "262688^MDC_DIM_PERCENT^MDC",
    "mm[Hg]": "266016^MDC_DIM_MMHG^MDC",
    "Cel": "268192^MDC_DIM_DEGC^MDC",
    "s": "264320^MDC_DIM_SEC^MDC",
}
NO_VALUE = "-999"


def results(
    values: Sequence[tuple[Channel, Decimal | None]], *, station: str, bed: str, number: str, at: datetime
) -> bytes:
    """One ORU^R01 with everything measured at `at`; a missing value goes out as monitors send it, as a sentinel."""
    time = at.astimezone(UTC).strftime("%Y%m%d%H%M%S.%f")[:-2] + "+0000"
    lines = [
        f"MSH|^~\\&|{station}|PLAY|||{time}||ORU^R01^ORU_R01|{number}|P|2.6|||AL|NE||UNICODE UTF-8",
        f"PV1||I|^^{bed}",
        f"OBR|1|||182777000^monitoring of patient^SCT|||{time}",
    ]
    sendable = [(channel, value) for channel, value in values if channel.mdc is not None]
    lines += [_result(place, channel, value, time) for place, (channel, value) in enumerate(sendable, start=1)]
    return ("\r".join(lines) + "\r").encode()


def _result(place: int, channel: Channel, value: Decimal | None, time: str) -> str:
    text = NO_VALUE if value is None else f"{value:f}"
    return f"OBX|{place}|NM|{channel.mdc}^^MDC|1.0.{place}|{text}|{UNITS[channel.unit]}|||||R|||{time}"


def answer_of(acknowledgement: bytes) -> tuple[str, str]:
    """The answer code and the number it answers; empty when it is no acknowledgement."""
    for line in acknowledgement.decode("utf-8", "replace").split("\r"):
        if line.startswith("MSA|"):
            fields = line.split("|")
            return fields[1], fields[2] if len(fields) > 2 else ""
    return "", ""
