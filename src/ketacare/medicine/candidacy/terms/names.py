"""How names are compared: by letters and digits alone, so that case, accents, spacing and punctuation never matter."""

from functools import lru_cache
from unicodedata import combining, normalize

_MARKS = dict.fromkeys(map(ord, "™®©℠"))  # of a trade; no letters of a name


@lru_cache(maxsize=4096)
def plain_name(name: str) -> str:
    """ "St. John's Wort" and "st johns wort" are one name; "Toprol-XL" and "toprol xl" are one; so are
    "codeína" and "codeina". Nothing is guessed."""
    letters = normalize("NFKD", name.translate(_MARKS).casefold())
    without = "".join(letter for letter in letters if letter not in "'’." and not combining(letter))
    return " ".join("".join(letter if letter.isalnum() else " " for letter in without).split())
