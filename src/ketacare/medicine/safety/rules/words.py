"""Words of danger in what somebody wrote. A match is told to a person; no match clears nothing."""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from functools import lru_cache

from ketacare.medicine.safety.terms import DangerWords, Unless

# As keyboards and word processors write them. The accent alone (´) and its like are no letters of NFKD: they would come
# apart into a blank and an accent, and the word with them.
APOSTROPHES = re.compile(r"['’‘‛`´ʼʹʻ′‵＇]")


# With one of these the message goes on to something that may lean on the words before it.
AND = re.compile(
    r" (?:,|and|or|nor|but|then|because|cause|so|when|while|until|ever|again|any ?more|on purpose|with a|to bleed|"
    r"except|yet|though|although|unless|(?:just|only) (?:a )?plans?|into (?:them|people|a)|"
    r"y|e|o|u|ni|pero|sino|porque|cuando|aunque|salvo|excepto|hasta|nunca|jamas|mas|a proposito|"
    r"adrede|con un|con una|con el|con la|con mi|para|with (?:the|my|his|her)|is|are|since|without|anything|everything|"
    r"life|live|living|alive|die|dead|death|dying|pills?|tablets?|meds|edibles|laxatives|gun|knife|blade|razor|rope|"
    r"blood|bleeding|cuello|sangrando|vida|vivir|morir|muerte|nada|todo|pastillas|sangre) "
)
# Before it or after it: the message speaks of what is wanted, planned or near, or takes back what it says.
WANTED = re.compile(
    r" (?:want|wants|wanted|wanna|need to|going to|gonna|will|ill|wont|would|id|plan|plans|planned|planning|tonight|"
    r"about to|ready to|try|tried|trying|should|must|urge|urges|wish|hope|intend|decided|lied|lying|lie|"
    r"quiero|queria|quisiera|voy a|vas a|pienso|deseo|necesito|ganas|intente|intento|planeo|esta noche|ojala|"
    r"menti|mentira) "
)
# What parts what somebody typed and is no blank within a phrase that is passed over.
PARTED = re.compile(r"[.!?,;:\n\r()\[\]/…–—]+|\s-+\s")


def speaks_of_danger(text: str, words: DangerWords) -> bool:
    """Whether the text holds one of the phrases, in either language, whatever the patient's own is. Phrases begin where
    a word begins, and one with a full stop ends where a word ends; accents, apostrophes, case and what stands between
    words are left out. What begins like one and is known to go on as something else is passed over, as whole words and
    only where the message adds nothing after it and wants nothing: "I don't want to wake up early" is, "... early, or
    ever again" is not. What stands beside it is not passed over. What is not seen (a soft hyphen, a space without
    width) parts a word or joins two: it is read both ways. Signs in the place of letters ("k1ll", "d!e", "k*ll"),
    letters that stand by themselves ("s.u.i.c.i.d.e") and those that are drawn out ("dieeee", "killlll") are read as
    what they stand for as well. Who writes nothing but that there is no danger is believed as far as this goes."""
    if is_denied(text, words):
        return False
    bare = LONE_LETTERS.sub(joined, DISGUISED.sub(letter, text))
    spelt, *others = dict.fromkeys(MASKED.sub(hidden, bare) for hidden in HIDDEN)
    readings = dict.fromkeys((text, spelt, *(drawn_in(spelt, one) for one in DRAWN_TO), *others))
    ways = ("",) if text.isascii() else ("", " ")
    return any(holds_danger(reading, unseen, words) for reading in readings for unseen in ways)


def is_denied(text: str, words: DangerWords) -> bool:
    """Nothing but that: what goes on in any way may take it back."""
    lines = (line for line in text.splitlines() if not SIGNED.match(line))
    return is_made_of(" ".join(filter(None, map(plain, lines))), words.denials, words.beside_denials)


def is_plain(text: str, words: DangerWords) -> bool:
    """Nothing but words that may wait for the morning, and numbers: a thank-you, a day and its hour. What is written
    in letters that are not read here, or in pictures other than a friendly one, may be anything."""
    if any(is_unread(sign) for sign in unicodedata.normalize("NFKD", text)):
        return False
    return all(word.isdigit() or word in words.plain for word in plain(text, " ").split())


FRIENDLY = frozenset("👍👌🙏🙂😊😀❤♥☺✅✔")


def is_unread(sign: str) -> bool:
    """A letter of another script, or a picture."""
    kind = unicodedata.category(sign)
    return not sign.isascii() and sign not in FRIENDLY and (kind[0] == "L" or kind == "So")


# A sign in the place of a letter, with a letter after it and before it: "2 pills!" stays as it is.
LETTERS = {"1": "i", "!": "i", "|": "i", "0": "o", "3": "e", "4": "a", "@": "a", "5": "s", "$": "s"}
DISGUISED = re.compile(r"(?:(?<=[^\W\d_])|(?<![\w.,]))[1!|034@5$](?=[^\W\d_])")
LONE_LETTERS = re.compile(r"\b[^\W\d_](?:[.\-_* ][^\W\d_]){2,}\b")
# The letters that are hidden in "k*ll", "h*ng", "d*ad" and "s**cide".
MASKED = re.compile(r"(?<=[^\W\d_])\*+(?=[^\W\d_])")
HIDDEN = ("i", "a", "e", "o", "u", "ui", "ea")
# One letter three times or more stands for one of it or for two, as "ll" in "killlll"; of vowels for one more often.
DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
DRAWN_TO = ("one", "two", "one vowel")


def drawn_in(text: str, to: str) -> str:
    def fewer(run: re.Match[str]) -> str:
        one = run.group(1)
        return one if to == "one" or (to == "one vowel" and one in "aeiouAEIOU") else one + one

    return DRAWN_OUT.sub(fewer, text)


def letter(sign: re.Match[str]) -> str:
    return LETTERS[sign.group()]


def joined(spelt: re.Match[str]) -> str:
    return re.sub(r"[.\-_* ]", "", spelt.group())


def holds_danger(text: str, unseen: str, words: DangerWords) -> bool:
    if is_said_alone(text, unseen, words):
        return True
    told, ends = in_one(as_spelt(without_harmless(parted(text, unseen), words), words))
    begun, at = by_first_words(words.phrases), 0
    of_every_day = [(by_first_words(one.phrases), one) for one in words.unless]
    spoken = told.split()
    for word, following in zip(spoken, (*spoken[1:], ""), strict=False):
        both = f"{word} {following}"
        if word.startswith(begun[""]) or any(told.startswith(begun.get(key, ()), at) for key in (word, both)):
            return True
        for ways, one in of_every_day:
            if any(is_more(told, at, ends, ways.get(key, ()), one) for key in (word, both)):
                return True
        at += len(word) + 1
    return False


def in_one(parts: str) -> tuple[str, list[int]]:
    """What was said without its commas, so that a phrase is found across one, and where each part of it ends."""
    told, ends, length = [], [], 0
    for word in parts.split():
        if word == ",":
            ends.append(length)
        else:
            told.append(word)
            length += len(word) + 1
    return f"{' '.join(told)} ", [*ends, length]


# How far behind a phrase what makes it one of every day may begin, in signs: "20 tablets of it over the last month".
SOON, LONGEST = 24, 32


def is_more(told: str, at: int, ends: list[int], phrases: tuple[str, ...], of: Unless) -> bool:
    """Whether one of these phrases stands here, and nothing in its own sentence makes it one of every day: what would
    must end it, or go on as such a sentence does, and nothing beside it may say that it happened. What was said in
    another sentence takes nothing back."""
    for phrase in phrases if told.startswith(phrases, at) else ():
        if not told.startswith(phrase, at):
            continue
        after = at + len(phrase)
        place = bisect_left(ends, after)
        began, end = ends[place - 1] if place else 0, ends[place]
        beside = f" {told[max(began, at - BESIDE) : at]} {told[after : min(end, after + BESIDE)]} "
        if any(f" {one} " in beside for one in of.happened):
            return True
        return not any(
            is_of_every_day(f" {told[after : min(end, after + SOON + LONGEST)]} ", one, of) for one in of.ways
        )
    return False


BESIDE = 80  # in signs: a sentence that somebody typed without a stop


def is_of_every_day(after: str, way: str, of: Unless) -> bool:
    found = after.find(f" {way} ")
    rest = after[found + len(way) + 2 :].split()
    return 0 <= found <= (0 if of.directly else SOON) and (not rest or not of.goes_on or rest[0] in of.goes_on)


# A mail names its subject in a line, and a telephone itself.
SUBJECT = re.compile(r"\s*subject\s*:", re.IGNORECASE)
SIGNED = re.compile(r"\s*(?:sent from my|enviado desde mi|get outlook for)\b", re.IGNORECASE)


def is_said_alone(text: str, unseen: str, words: DangerWords) -> bool:
    """What is danger where nothing else was written beside it, and cries for help that have a line of their own: a mail
    says who sent it, and what it answers. One such thing beside another takes nothing from it, and neither do words of
    courtesy."""
    lines = [line for line in text.splitlines() if not SIGNED.match(line)]
    read = [as_spelt(plain(SUBJECT.sub("", line, count=1), unseen), words) for line in lines]
    for line, bare, following in zip(lines, read, [*read[1:], ""], strict=False):
        goes_on = any(f"{following} ".startswith(f"{one} ") for one in words.goes_on)
        is_whole = not goes_on or line.rstrip().endswith(STOPS)
        if is_whole and is_made_of(bare, words.cries, words.courtesies):
            return True
    parts = [*begun_anew(lines, read), " ".join(filter(None, read))]
    return any(is_made_of(part, (*words.alone, *words.cries), words.courtesies) for part in parts)


STOPS = (".", "!", "?", "…")


def begun_anew(lines: list[str], read: list[str]) -> Iterator[str]:
    """The bare words of each part: after an empty line, and after a line that leads to the next, another begins."""
    part: list[str] = []
    for line, bare in zip(lines, read, strict=True):
        if bare:
            part.append(bare)
        if not line.strip() or line.rstrip().endswith(":"):
            yield " ".join(part)
            part = []
    yield " ".join(part)


def is_made_of(said: str, sayings: tuple[str, ...], courtesies: tuple[str, ...]) -> bool:
    """Whether it is these sayings alone, one after the other: one of them at least, and words of courtesy."""
    ways, ends = by_their_first(sayings, courtesies), {0: False}
    spoken = f"{said} "
    while ends:
        at = min(ends)
        is_one = ends.pop(at)
        if at == len(spoken):
            return is_one
        first = spoken[at : spoken.index(" ", at)]
        for phrase, is_saying in ways.get(first, ()):
            if spoken.startswith(phrase, at):
                ends[at + len(phrase)] = ends.get(at + len(phrase), False) or is_one or is_saying
    return False


@lru_cache(maxsize=8)
def by_their_first(sayings: tuple[str, ...], courtesies: tuple[str, ...]) -> Mapping[str, tuple[tuple[str, bool], ...]]:
    """Sayings and courtesies by the word they begin with, each with whether it is a saying."""
    found: dict[str, list[tuple[str, bool]]] = {}
    for phrases, is_saying in ((sayings, True), (courtesies, False)):
        for phrase in phrases:
            found.setdefault(phrase.partition(" ")[0], []).append((f"{phrase} ", is_saying))
    return {first: tuple(those) for first, those in found.items()}


def as_spelt(bare: str, words: DangerWords) -> str:
    return " ".join(words.spelt.get(word, word) for word in bare.split())


@lru_cache(maxsize=64)  # each family that counts only beside something, and all the others at once
def by_first_words(phrases: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """The phrases by the two words they begin with, so that a page is read once, however often it begins one; those of
    two words, of which the second is as much of it as somebody typed, by the first; under no word those of one."""
    found: dict[str, list[str]] = {"": []}
    for phrase in phrases:
        bare = plain(phrase)
        many = bare.split()
        key = "" if len(many) == 1 else many[0] if len(many) == 2 else f"{many[0]} {many[1]}"
        found.setdefault(key, []).append(f"{bare} " if phrase.endswith(".") else bare)
    return {key: tuple(dict.fromkeys(those)) for key, those in found.items()}


def without_harmless(message: str, words: DangerWords) -> str:
    for phrase in words.harmless:
        before, found, rest = message.partition(f" {plain_phrase(phrase)} ")
        after = f" {rest}"
        if found and not (AND.search(after) or WANTED.search(after) or WANTED.search(f"{before} ")):
            message = f"{before} / {rest}"
    return message


def parted(text: str, unseen: str) -> str:
    """The bare words of what was typed, with a comma by itself wherever it is parted."""
    bare = (plain(part, unseen) for part in PARTED.split(text))
    return f" {' , '.join(part for part in bare if part)} "


def plain(text: str, unseen: str = "") -> str:
    """Bare words, with this for each character that is not seen."""
    if not text or text.isspace():  # of which a mail may have many thousand lines
        return ""
    seen = BEYOND_ASCII.sub(lambda found: unseen_as(found.group(), unseen), APOSTROPHES.sub("", text))
    bare = BEYOND_ASCII.sub(without_accents, unicodedata.normalize("NFKD", seen.casefold()))
    return " ".join(BARE.findall(bare))


# What is read sign by sign: in all else nothing is unseen, and nothing bears an accent.
BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
BARE = re.compile(r"[a-z0-9]+")


def unseen_as(signs: str, unseen: str) -> str:
    return "".join(unseen if unicodedata.category(sign) == "Cf" else sign for sign in signs)


def without_accents(signs: re.Match[str]) -> str:
    return "".join(sign for sign in signs.group() if not unicodedata.combining(sign))


@lru_cache(maxsize=1024)
def plain_phrase(phrase: str) -> str:
    return plain(phrase)
