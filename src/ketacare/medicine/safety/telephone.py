"""Numbers as people write them, and as a telephone takes them: one way for every button."""

from __future__ import annotations

import re

# What stands between the digits is left out when it is dialled: a 0 in brackets is not dialled from abroad, and a
# stroke may stand between two numbers, so neither is taken.
LONGEST = 30
WRITTEN = re.compile(r"\+?[0-9](?!.*\( *0)[0-9 ()-]*[0-9][ )]*")
# Written before that rule, or where none holds: the 0 of the own country in brackets, and what follows a number:
# a second one, an extension, a word. Of these the first number alone is dialled; a stroke after 0800 is part of it.
OWN_COUNTRY = re.compile(r"(\+[0-9 .-]*)\( *0 *\)")
FIRST = re.compile(r"[^0-9+]*(0[0-9 ()./-]*[0-9]|\+?[0-9 ().-]*[0-9])")


def is_number(written: str) -> bool:
    """Can it be called as it stands here, without guessing?"""
    return WRITTEN.fullmatch(written) is not None and len(written) <= LONGEST


def dialled(written: str) -> str:
    """Digits, and the + before them. Nothing where there is no digit."""
    first = FIRST.match(OWN_COUNTRY.sub(r"\1", written))
    return "" if first is None else "".join(sign for sign in first.group(1) if sign in "+0123456789")
