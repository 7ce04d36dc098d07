"""Whether two ways of writing a telephone number are one number: gateways leave out the + or the country."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ketacare.medicine.safety.telephone import dialled

# The countries whose crisis line we know, by ISO 3166, with their country code of ITU-T E.164.
CALLING = {
    "US": "1", "CA": "1", "GB": "44", "IE": "353", "AU": "61", "NZ": "64", "ES": "34", "MX": "52", "DE": "49",
    "FR": "33",
}  # fmt: skip
LEAST = 7  # digits; a shorter one is a service's own number, and is of no country
# Where numbers of the country begin with no 0, how many digits they have (ITU-T E.164, national numbering plans).
DIGITS = {"US": 10, "CA": 10, "ES": 9, "MX": 10}
ABROAD = 11  # digits; so many that begin neither as the country's own nor with a 0 have their country before them
A_NUMBER = re.compile(r"[+0-9 ()./-]+")
WHOLE = re.compile(r"\+[1-9][0-9]{6,14}")


def is_same(one: str, other: str, country: str) -> bool:
    """`country` is the clinic's: a number written without one is of there."""
    return bool(forms(one, country) & forms(other, country))


def forms(number: str, country: str) -> set[str]:
    """With the country and without any sign, in every way that it may be meant."""
    digits = dialled(number)
    if digits.startswith("+"):
        return {digits[1:]}
    found = {digits} if digits else set()
    if digits.startswith("00"):
        return found | {digits[2:]}
    if country in CALLING and len(digits) >= LEAST:
        found |= {CALLING[country] + digits, CALLING[country] + digits.removeprefix("0")}
    return found


def settled(number: str, countries: Iterable[str]) -> str:
    """As a gateway takes it, with + and the country: the first of these of which it may be. Nothing where it is no
    telephone number, or only a service's own."""
    digits = dialled(number) if A_NUMBER.fullmatch(number.strip()) else ""
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    if digits.startswith("+"):
        return digits if WHOLE.fullmatch(digits) else ""
    if len(digits) < LEAST:
        return ""
    own = next(filter(None, (_within(digits, country) for country in countries)), "")
    abroad = f"+{digits}" if len(digits) >= ABROAD and WHOLE.fullmatch(f"+{digits}") else ""
    return own or abroad


def _within(digits: str, country: str) -> str:
    """Written as in this country, or as from abroad without the +; nothing where it is neither."""
    code, length = CALLING.get(country, ""), DIGITS.get(country)
    if not code:
        return ""
    if length is None:
        whole = code + digits[1:] if digits.startswith("0") else digits if digits.startswith(code) else ""
        least = LEAST + len(code) if digits.startswith("0") else ABROAD  # with a 0 it is of here, however short
        return f"+{whole}" if len(whole) >= least else ""
    if len(digits) == length:
        return f"+{code}{digits}"
    return f"+{digits}" if digits.startswith(code) and len(digits) == length + len(code) else ""
