"""Words of danger in what somebody wrote. A match is told to a person; no match clears nothing."""

import re
import unicodedata
from functools import lru_cache

from ketacare.medicine.safety.terms import DangerWords

# As keyboards and word processors write them. The accent alone (´) and its like are no letters of NFKD: they would come
# apart into a blank and an accent, and the word with them.
APOSTROPHES = re.compile(r"['’‘‛`´ʼʹʻ′‵＇]")


def speaks_of_danger(text: str, words: DangerWords) -> bool:
    """Whether the text holds one of the phrases, in either language, whatever the patient's own is. Phrases begin
    where a word begins; accents, apostrophes, case and what stands between words are left out. What begins like one
    and is known to go on as something else is passed over, as whole words; what stands beside it is not. What is not
    seen (a soft hyphen, a space without width) parts a word or joins two: it is read both ways."""
    return any(holds_danger(plain(text, unseen), words) for unseen in ("", " "))


def holds_danger(bare: str, words: DangerWords) -> bool:
    said = f" {bare} "
    for phrase in words.harmless:
        said = said.replace(f" {plain_phrase(phrase)} ", " / ")
    return any(f" {plain_phrase(phrase)}" in said for phrase in words.phrases)


def plain(text: str, unseen: str = "") -> str:
    """Bare words, with this for each character that is not seen."""
    seen = "".join(unseen if unicodedata.category(char) == "Cf" else char for char in APOSTROPHES.sub("", text))
    bare = "".join(char for char in unicodedata.normalize("NFKD", seen.casefold()) if not unicodedata.combining(char))
    return " ".join(re.findall(r"[a-z0-9]+", bare))


@lru_cache(maxsize=1024)
def plain_phrase(phrase: str) -> str:
    return plain(phrase)
