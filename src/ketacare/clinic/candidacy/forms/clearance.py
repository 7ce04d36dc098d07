"""What somebody writes of a criterion, read back as a value or refused in words."""

from __future__ import annotations

from datetime import date

from django.http import QueryDict

from ketacare.clinic.candidacy.actions import Opinion
from ketacare.clinic.candidacy.models import Verdict
from ketacare.clinic.tenancy.refusals import Refusal, Refused


def said_of(post: QueryDict, criterion: str, suffix: str = "") -> Opinion:
    """A clearance's verdict with conditions, last day and words; `suffix` tells several criteria of one form apart."""
    verdict, until = post.get(f"verdict{suffix}", ""), post.get(f"until{suffix}", "").strip()
    if verdict not in Verdict.values:
        raise Refused(Refusal(f"verdict{suffix}", f"{criterion}: nothing is chosen.", "Choose one of the answers."))
    conditions, words = post.get(f"conditions{suffix}", ""), post.get(f"words{suffix}", "")
    return Opinion(Verdict(verdict), conditions, words, day_of(until, f"until{suffix}") if until else None)


def day_of(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(Refusal(field, f"{text!r} is not a day.", "Write it as 2027-01-31."))
