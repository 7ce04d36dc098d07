"""For which product a consent was signed, and whether a course is of another."""

from __future__ import annotations

from collections.abc import Iterable

from ketacare.clinic.candidacy.models import HistoryAnswer
from ketacare.clinic.candidacy.queries.vocabulary import PRODUCT, consent_sheet
from ketacare.clinic.enrolment import queries as enrolled
from ketacare.clinic.people.models import Consent, Patient
from ketacare.medicine.evidence.terms import Compare
from ketacare.medicine.protocols.terms import Protocol

# Each product that consent is signed for, as a protocol calls its drug and route.
GIVEN_AS = {
    "racemic ketamine into a vein": ("ketamine (racemic)", "IV"),
    "racemic ketamine into a muscle": ("ketamine (racemic)", "IM"),
    "racemic ketamine under the skin": ("ketamine (racemic)", "SC"),
    "racemic ketamine under the tongue": ("ketamine (racemic)", "SL"),
    "racemic ketamine by mouth": ("ketamine (racemic)", "PO"),
    "racemic ketamine as a nasal spray": ("ketamine (racemic)", "IN"),
    "esketamine nasal spray": ("esketamine", "IN"),
}
_PRODUCT_OF = {given: product for product, given in GIVEN_AS.items()}
AT_HOME = ", at home"  # a consent of its own
TREATED_BY = "consent"  # the fact of the list of the day
# The duty to ask anew: for another product, and before a year has passed.
ASK_ANEW = "consent.anew"


def product_of(protocol: Protocol) -> str:
    """What a course by it is, as consent is signed for it; nothing for a drug or a route that nobody signs for."""
    product = _PRODUCT_OF.get((protocol.drug, protocol.route), "")
    return product + AT_HOME if product and protocol.home else product


def signed_for(row: Consent) -> str:
    """The product; nothing where it was signed on paper, which does not say."""
    product = row.words.partition("; ")[0]
    return product if product.removesuffix(AT_HOME) in GIVEN_AS else ""


def consent_to_another(row: Consent, protocol: Protocol) -> str:
    """The product that was consented to, where the one of this protocol is another."""
    product = signed_for(row)
    return "" if product == product_of(protocol) else product


def consent_days(patient: Patient, protocol: Protocol) -> int:
    """For how many days a consent counts for a course by it: by the list that is told, and by the list of the day. A
    clinic may change either, and the shorter holds."""
    checks = [check.no_go for check in protocol.readiness.checks]
    of_the_day = [one.valid_days for one in checks if isinstance(one, Compare) and one.fact == TREATED_BY]
    return min([consent_sheet(patient).anew_after.integer, *(days for days in of_the_day if days is not None)])


def products_to_sign(patient: Patient, rows: Iterable[HistoryAnswer]) -> tuple[str, ...]:
    """What consent may be signed for now: what the course is of, then what is proposed, if that is another."""
    course = enrolled.current_enrolment(patient)
    of_course = product_of(enrolled.protocol_for(course)) if course else ""
    proposed = next((row.answer for row in rows if row.name == PRODUCT.name), "")
    named = (of_course, proposed if proposed in GIVEN_AS else "")
    return tuple(dict.fromkeys(product for product in named if product))


def told_for(products: Iterable[str]) -> tuple[str, ...]:
    """As the list of what is told calls them."""
    kinds = ["esketamine" if product.startswith("esketamine") else "racemic" for product in products]
    return (*dict.fromkeys(kinds), *(("home",) if any(product.endswith(AT_HOME) for product in products) else ()))
