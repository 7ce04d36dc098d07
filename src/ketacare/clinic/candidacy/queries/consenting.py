"""For which product a consent was signed, and whether a course is of another."""

from __future__ import annotations

from ketacare.clinic.people.models import Consent

# Each product that consent is signed for, as a protocol calls its drug and route.
GIVEN_AS = {
    "racemic ketamine into a vein": ("ketamine (racemic)", "IV"),
    "racemic ketamine into a muscle": ("ketamine (racemic)", "IM"),
    "racemic ketamine under the tongue": ("ketamine (racemic)", "SL"),
    "esketamine nasal spray": ("esketamine", "IN"),
}
# The duty to ask anew: for another product, and before a year has passed.
ASK_ANEW = "consent.anew"


def signed_for(row: Consent) -> str:
    """The product; nothing where it was signed on paper, which does not say."""
    product = row.words.partition("; ")[0]
    return product if product in GIVEN_AS else ""


def consent_to_another(row: Consent, drug: str, route: str) -> str:
    """The product that was consented to, where this drug or this route is another one. A route that no product is
    proposed for (under the skin, swallowed) is told apart by its drug alone."""
    product, planned = signed_for(row), (drug, route)
    if not product:
        return ""
    signed = GIVEN_AS[product]
    same = signed == planned if planned in GIVEN_AS.values() else signed[0] == drug
    return "" if same else product
