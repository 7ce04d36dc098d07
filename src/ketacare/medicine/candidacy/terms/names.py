"""How names are compared: by their letters and digits alone, so that case, spacing and punctuation never matter."""

from functools import lru_cache


@lru_cache(maxsize=4096)
def plain_name(name: str) -> str:
    """ "St. John's Wort" and "st johns wort" are one name; "Toprol-XL" and "toprol xl" are one. Nothing is guessed."""
    without = "".join(letter for letter in name.casefold() if letter not in "'’.")
    return " ".join("".join(letter if letter.isalnum() else " " for letter in without).split())
