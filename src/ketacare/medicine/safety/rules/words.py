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
    and is known to go on as something else is passed over, as whole words; what stands beside it is not."""
    said = f" {plain(text)} "
    for phrase in words.harmless:
        said = said.replace(f" {plain_phrase(phrase)} ", " / ")
    return any(f" {plain_phrase(phrase)}" in said for phrase in words.phrases)


def plain(text: str) -> str:
    """Bare words. What is not seen (a soft hyphen, a space without width) parts no word."""
    seen = "".join(char for char in APOSTROPHES.sub("", text) if unicodedata.category(char) != "Cf")
    bare = "".join(char for char in unicodedata.normalize("NFKD", seen.casefold()) if not unicodedata.combining(char))
    return " ".join(re.findall(r"[a-z0-9]+", bare))


@lru_cache(maxsize=1024)
def plain_phrase(phrase: str) -> str:
    return plain(phrase)
