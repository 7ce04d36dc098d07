"""HL7 v2 to our terms and back. Pure: bytes and a zone in, values or a named refusal out."""

from ketacare.exchange.hl7v2.translate.acknowledge import Answer, acknowledgement
from ketacare.exchange.hl7v2.translate.batch import Opened, alive, held_by_agent, in_batch, opened, station
from ketacare.exchange.hl7v2.translate.framing import BadFraming, Frame, FrameReader, beginning, framed
from ketacare.exchange.hl7v2.translate.observations import envelope_of_raw, read

__all__ = [
    "Answer",
    "BadFraming",
    "Frame",
    "FrameReader",
    "Opened",
    "acknowledgement",
    "alive",
    "beginning",
    "envelope_of_raw",
    "framed",
    "held_by_agent",
    "in_batch",
    "opened",
    "read",
    "station",
]
