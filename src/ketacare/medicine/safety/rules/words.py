"""Words of danger in what somebody wrote. A match is told to a person; no match clears nothing."""

import re
import unicodedata

from ketacare.medicine.safety.terms import DangerWords


def speaks_of_danger(text: str, words: DangerWords) -> bool:
    """Whether the text holds one of the phrases, in either language, whatever the patient's own is. Phrases begin
    where a word begins; accents, apostrophes, case and what stands between words are left out."""
    said = f" {plain(text)}"
    return any(f" {plain(phrase)}" in said for phrase in words.phrases)


def plain(text: str) -> str:
    bare = "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))
    return " ".join(re.findall(r"[a-z0-9]+", re.sub(r"['’‘`´]", "", bare)))
