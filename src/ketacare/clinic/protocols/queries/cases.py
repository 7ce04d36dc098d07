"""The stored cases that this installation can try a new version on."""

from __future__ import annotations

from django.conf import settings

from ketacare.medicine.candidacy import reader
from ketacare.medicine.candidacy.terms import StoredCase


def cases() -> tuple[StoredCase, ...]:
    """Every invented patient of the folder; none where the folder is not installed."""
    return reader.stored_cases(settings.VIGNETTES)
