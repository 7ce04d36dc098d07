"""The grammar of HL7 v2: segments, fields, repeats, components, escapes. Nothing is parsed before it is asked for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ketacare.exchange.mailroom.translate import Fault, Unreadable

SEGMENT_NAME = re.compile(r"[A-Z][A-Z0-9]{2}\Z")
SEGMENT_END = re.compile(r"\r\n|\r|\n")
ESCAPE = re.compile(r"([FSTRE]|X(?:[0-9A-Fa-f]{2})+|\.br)\Z")
NOTHING = "\ufffd"  # in place of a NUL, which no text column can hold
HEADER_MOST_BYTES = 8_192
CHARSETS = {
    "": "utf-8",
    "ASCII": "utf-8",  # a subset; what strays outside it is nearly always UTF-8
    "UNICODE": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    **{f"8859/{part}": f"iso8859-{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15)},
}


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The five characters a message declares for itself in MSH-1 and MSH-2."""

    field: str = "|"
    component: str = "^"
    repeat: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"

    def unescape(self, text: str) -> str:
        """Escape sequences in place of the characters they stand for; an unknown one is left as it is."""
        if not self.escape or self.escape not in text:
            return text
        parts = text.split(self.escape)
        out, index = [parts[0]], 1
        while index < len(parts):
            closed = index + 1 < len(parts)
            if closed and ESCAPE.match(parts[index]):
                out += [self._meaning(parts[index]), parts[index + 1]]
                index += 2
            else:
                out.append(self.escape + parts[index])
                index += 1
        return "".join(out)

    def _meaning(self, name: str) -> str:
        if name[0] == "X":
            return bytes.fromhex(name[1:]).decode("latin-1").replace("\x00", NOTHING)
        plain = {"F": self.field, "S": self.component, "T": self.subcomponent, "R": self.repeat, "E": self.escape}
        return plain.get(name, "\n")


@dataclass(slots=True)
class Segment:
    """One line of a message. Fields are numbered as in the standard, MSH included."""

    text: str
    delimiters: Delimiters
    _fields: list[str] | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        return self.text[:3]

    def raw(self, number: int) -> str:
        """A field as sent, escapes and all; empty when the segment is shorter."""
        if self._fields is None:
            self._fields = self.text.split(self.delimiters.field)
            if self.name == "MSH":  # MSH-1 is the separator itself
                self._fields.insert(1, self.delimiters.field)
        return self._fields[number] if number < len(self._fields) else ""

    def components(self, number: int, *, repeat: int = 0) -> list[str]:
        """The components of one repeat of a field, unescaped."""
        repeats = self.raw(number).split(self.delimiters.repeat)
        chosen = repeats[repeat] if repeat < len(repeats) else ""
        return [self.delimiters.unescape(part) for part in chosen.split(self.delimiters.component)]

    def part(self, number: int, component: int = 1) -> str:
        """One component, trimmed; empty when absent, or when sent as the explicit null `\"\"`."""
        if not self.raw(number):  # as most fields of most lines
            return ""
        parts = self.components(number)
        found = parts[component - 1].strip() if component <= len(parts) else ""
        return "" if found == '""' else found


@dataclass(frozen=True, slots=True)
class Message:
    """A message whose header could be read."""

    header: Segment
    segments: tuple[Segment, ...]

    def __iter__(self) -> Iterator[Segment]:
        return iter(self.segments)

    @property
    def control_id(self) -> str:
        return self.header.part(10)

    @property
    def kind(self) -> tuple[str, str]:
        return self.header.part(9, 1), self.header.part(9, 2)


def read(raw: bytes) -> Message:
    """The message in `raw`, or Unreadable naming the first thing that makes it none."""
    if not raw.startswith(b"MSH"):
        raise Unreadable(Fault("MSH", "100", "The message does not begin with an MSH segment."), takable=False)
    delimiters = _delimiters(raw)
    text = raw.decode(_charset(raw, delimiters), errors="replace").replace("\x00", NOTHING)
    lines = [line for line in SEGMENT_END.split(text) if line.strip()]
    segments = tuple(Segment(line, delimiters) for line in lines)
    for number, segment in enumerate(segments, start=1):
        if not SEGMENT_NAME.match(segment.name) or segment.text[3:4] not in ("", delimiters.field):
            raise Unreadable(Fault(f"segment {number}", "100", f"Segment {number} has no name of three characters."))
    return Message(segments[0], segments)


def header(raw: bytes) -> Segment | None:
    """The first segment, as far as it can be read, of a message that may be unreadable: whose it is, and its number."""
    if not raw.startswith(b"MSH"):
        return None
    try:
        delimiters = _delimiters(raw)
        charset = _charset(raw, delimiters)
    except Unreadable as unreadable:
        if not unreadable.takable:
            return None
        charset = "latin-1"
    line = re.split(rb"[\r\n]", raw[:HEADER_MOST_BYTES], maxsplit=1)[0]
    return Segment(line.decode(charset, errors="replace").replace("\x00", NOTHING), delimiters)


def _delimiters(raw: bytes) -> Delimiters:
    declared = raw[3:4].decode("latin-1") + SEGMENT_END.split(raw[4:12].decode("latin-1"))[0]
    separator, encoding = declared[:1], declared[1:].split(declared[:1])[0] if declared[:1] else ""
    characters = [separator, *encoding[:4]]
    if len(encoding) < 2 or len(set(characters)) != len(characters) or any(c.isalnum() or c < "!" for c in characters):
        raise Unreadable(Fault("MSH^1^2", "100", "MSH-1 and MSH-2 do not declare usable separators."), takable=False)
    escape = encoding[2:3]
    return Delimiters(separator, encoding[0], encoding[1], escape, encoding[3:4] or "&")


def _charset(raw: bytes, delimiters: Delimiters) -> str:
    header = re.split(rb"[\r\n]", raw, maxsplit=1)[0].decode("latin-1")
    fields = header.split(delimiters.field)
    declared = fields[17].split(delimiters.repeat)[0].strip().upper() if len(fields) > 17 else ""
    charset = CHARSETS.get(declared)
    if charset is None:
        raise Unreadable(Fault("MSH^1^18", "103", "MSH-18 names a character set that is not known here."))
    return charset
