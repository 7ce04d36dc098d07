"""Whether two ways of writing a telephone number are one number: gateways leave out the + or the country."""

from __future__ import annotations

from ketacare.medicine.safety.telephone import dialled

# The countries whose crisis line we know, by ISO 3166, with their country code of ITU-T E.164.
CALLING = {
    "US": "1", "CA": "1", "GB": "44", "IE": "353", "AU": "61", "NZ": "64", "ES": "34", "MX": "52", "DE": "49",
    "FR": "33",
}  # fmt: skip
LEAST = 7  # digits; a shorter one is a service's own number, and is of no country


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
