"""What a person wrote by mail to the address of our letters. Nobody is meant to answer them, and some do: a person
reads it, whatever it is. It is known whose it is by the signed id of the letter that it answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import EmailMessage, Message
from hashlib import sha256
from html import unescape
from uuid import UUID

from ketacare.clinic.channels import bounces

# Of what anybody may send, nothing is read again for each sign of it: a tag ends where another begins.
OPENS_UNSEEN = re.compile(r"<(style|script|head)\b", re.IGNORECASE)
CLOSES_UNSEEN = {tag: re.compile(rf"</{tag}\s*>", re.IGNORECASE) for tag in ("style", "script", "head")}
BREAKS = re.compile(r"<(br|/p|/div|/li|/tr)\b[^<>]*>", re.IGNORECASE)
TAGS = re.compile(r"<[^<>]*>")
ANSWERS = re.compile(r"\s*(re|rv|aw|sv|fwd?)\s*:", re.IGNORECASE)
# A mail that software wrote (RFC 3834), and what did so before there was a header for it. "Bulk" is none of it: what
# passes on a person's words says so as well.
PRECEDENCES = frozenset({"auto_reply", "auto-reply"})
BY_ITSELF = ("X-Autoreply", "X-Autorespond", "X-Autoresponder")
# What a mail system says of a letter in words alone: somebody finds out which.
CAME_BACK = re.compile(
    r"undeliver|not (be )?deliver|deliver\w{0,5} (has )?(failed|failure)|fail\w{0,4} (to )?deliver"
    r"|returned (mail|to sender)|no se (ha )?(pudo|podido) entregar|no entregado",
    re.IGNORECASE,
)
NO_TEXT = "(no text could be read in it)"
UNREAD = "(something in it could not be read)"
# Parts that say what became of a letter, or whose head it was: nobody wrote them.
OF_SYSTEMS = frozenset({"message/delivery-status", "message/disposition-notification", "text/rfc822-headers"})
MARKED = frozenset({"text/html", "text/enriched", "text/richtext"})


@dataclass(frozen=True)
class Mail:
    """`letter`: the organisation and the receipt of the letter of ours that it answers. `is_automatic`: no person wrote
    it, as while somebody is away. `is_status`: a mail system says in it what became of a letter."""

    id: str
    sender: str
    words: str
    letter: tuple[UUID, UUID] | None
    is_automatic: bool = False
    is_status: bool = False


def read(raw: bytes, kind: str) -> Mail | None:
    """None: no mail."""
    raw = raw[: bounces.MOST_BYTES]
    by_itself = sha256(raw).hexdigest()
    try:
        message = bounces.parsed(raw)
        if not message.keys():
            return None
        letter = next(filter(None, (bounces.opened(text, kind) for text in bounces.ids(message))), None)
        named = clean(str(message.get("Message-ID", ""))).strip() or by_itself
        sender = bounces.address_in(clean(str(message.get("From", ""))))
        words = said(message, answers_ours=letter is not None)
        by_software = is_automatic(message) and not CAME_BACK.search(f"{message.get('Subject', '')}\n{words}")
        return Mail(named, sender, words, letter, by_software, is_status(message))
    except Exception:  # noqa: BLE001 - the parser stumbles over what anybody may write: a person reads it as it came
        return Mail(by_itself, "", clean(raw.decode("utf-8", "replace")), None)


def is_status(message: Message) -> bool:
    return any(part.get_content_type() == "message/delivery-status" for part in message.walk())


def is_automatic(message: Message) -> bool:
    def head(name: str) -> str | None:
        return str(message[name]).split(";")[0].strip().lower() if name in message else None

    return not bounces.is_named_as_one(message) and (
        head("Auto-Submitted") not in (None, "", "no")
        or head("Precedence") in PRECEDENCES
        or any(head(name) not in (None, "no") for name in BY_ITSELF)
        or any(part.get_content_type() == "message/disposition-notification" for part in message.walk())
    )


def said(message: EmailMessage, *, answers_ours: bool) -> str:
    """Its text, without the lines that it quotes where these are ours; its subject, unless that is ours; and that there
    was more, as a picture, which nobody can read here."""
    found = pieces(message, but_letters=is_status(message))
    text = "\n".join(piece for piece in found if piece != UNREAD)
    typed = "\n".join(line for line in text.splitlines() if not is_quoted(line)).strip()
    own = (typed if answers_ours else "") or text.strip()
    subject = clean(str(message.get("Subject", ""))).strip()
    if subject and not (own and answers_ours and ANSWERS.match(subject)):
        own = f"{own}\n\nSubject: {subject}".strip()
    return f"{own}\n\n{UNREAD}".strip() if UNREAD in found else own or NO_TEXT


def pieces(part: Message, *, but_letters: bool) -> list[str]:
    """Each text in it, also one that is attached. `but_letters`: a letter that is handed back is not what somebody
    wrote."""
    kind, within = part.get_content_type(), bounces.blocks(part)
    if kind in OF_SYSTEMS or (but_letters and kind.startswith("message/")):
        return []
    if kind.startswith("text/") or str(part.get_filename("")).lower().endswith(".txt"):
        text = text_of(part)
        return [text] if text.strip() else []
    if not within:
        return [UNREAD] if part.get_payload() else []
    each = [pieces(one, but_letters=but_letters) for one in within]
    return told_once(each) if kind == "multipart/alternative" else [text for texts in each for text in texts]


def told_once(each: list[list[str]]) -> list[str]:
    """HTML stands in for a text (RFC 2046, multipart/alternative): what it says besides is kept, because some mail
    programs write into one of the two alone. It says nothing besides where its words stand in what was typed in the
    same order, or are those with what it answers."""
    found: list[str] = []
    for text in (text for texts in each for text in texts):
        words, told = words_of(text), words_of("\n".join(found))
        typed = words_of("\n".join(line for one in found for line in one.splitlines() if not is_quoted(line)))
        is_told = are_within(words, typed) or (typed and are_within(words, told) and are_within(typed, words))
        if text == UNREAD or not is_told:
            found.append(text)
    return found


def words_of(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def are_within(words: list[str], others: list[str]) -> bool:
    """In their order, whatever stands between them."""
    rest = iter(others)
    return all(word in rest for word in words)


def is_quoted(line: str) -> bool:
    return line.lstrip().startswith(">")


def text_of(part: Message) -> str:
    kept = part.get_payload(decode=True)
    raw = kept if isinstance(kept, bytes) else b""
    try:
        text = raw.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:  # a character set that nobody knows
        text = raw.decode("utf-8", "replace")
    if part.get_content_type() in MARKED:
        text = unescape(TAGS.sub("", BREAKS.sub("\n", shown(text))))
    return clean(text)


def shown(text: str) -> str:
    """Without what a browser shows nobody, as a style sheet; what is never closed is shown."""
    kept, at, unclosed = [], 0, set[str]()
    for opened in OPENS_UNSEEN.finditer(text):
        tag = opened.group(1).lower()
        if opened.start() < at or tag in unclosed:
            continue
        closed = CLOSES_UNSEEN[tag].search(text, opened.end())
        if closed is None:
            unclosed.add(tag)
        else:
            kept.append(text[at : opened.start()])
            at = closed.end()
    return "".join((*kept, text[at:]))


def clean(text: str) -> str:
    """What the database can keep."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "")
