"""Words of danger in what somebody wrote. A match is told to a person; no match clears nothing."""

import re
import unicodedata
from functools import lru_cache

from ketacare.medicine.safety.terms import DangerWords

# As keyboards and word processors write them. The accent alone (´) and its like are no letters of NFKD: they would come
# apart into a blank and an accent, and the word with them.
APOSTROPHES = re.compile(r"['’‘‛`´ʼʹʻ′‵＇]")


# Where a sentence ends in what somebody typed.
SENTENCES = re.compile(r"[.!?;:\n\r]+")
# With one of these the sentence goes on to something else, which may lean on the words before it.
AND = re.compile(r" (?:and|or|nor|but|then|y|e|o|u|ni|pero|sino) ")


def speaks_of_danger(text: str, words: DangerWords) -> bool:
    """Whether the text holds one of the phrases, in either language, whatever the patient's own is. Phrases begin
    where a word begins, and one with a full stop ends where a word ends; accents, apostrophes, case and what stands
    between words are left out. What begins like one and is known to go on as something else is passed over, as whole
    words and only where its sentence adds nothing to it: "I don't want to wake up early" is, "... early, or ever again"
    is not. What stands beside it is not passed over. What is not seen (a soft hyphen, a space without width) parts a
    word or joins two: it is read both ways."""
    return any(holds_danger(text, unseen, words) for unseen in ("", " "))


def holds_danger(text: str, unseen: str, words: DangerWords) -> bool:
    sentences = (f" {plain(sentence, unseen)} " for sentence in SENTENCES.split(text))
    said = " ".join(without_harmless(sentence, words) for sentence in sentences)
    said = re.sub(" +", " ", f" {said} ")
    return any(f" {plain_phrase(phrase)}{' ' if phrase.endswith('.') else ''}" in said for phrase in words.phrases)


def without_harmless(sentence: str, words: DangerWords) -> str:
    for phrase in words.harmless:
        before, found, rest = sentence.partition(f" {plain_phrase(phrase)} ")
        if found and not AND.search(f" {rest}"):
            sentence = f"{before} / {rest}"
    return sentence


def plain(text: str, unseen: str = "") -> str:
    """Bare words, with this for each character that is not seen."""
    seen = "".join(unseen if unicodedata.category(char) == "Cf" else char for char in APOSTROPHES.sub("", text))
    bare = "".join(char for char in unicodedata.normalize("NFKD", seen.casefold()) if not unicodedata.combining(char))
    return " ".join(re.findall(r"[a-z0-9]+", bare))


@lru_cache(maxsize=1024)
def plain_phrase(phrase: str) -> str:
    return plain(phrase)
