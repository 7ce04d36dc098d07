"""What a field suggests while somebody types, written out once for all pages: the names ship with the sheets."""

from __future__ import annotations

from functools import cache

from markupsafe import Markup

from ketacare.clinic.candidacy import queries


@cache
def medicine_options() -> Markup:
    """Every name of the formulary, with its ingredient and class beside it."""
    written = Markup('<option value="{}">{}</option>')
    return Markup("").join(written.format(name, what) for name, what in queries.formulary_names())


@cache
def trial_options() -> Markup:
    """Every antidepressant and augmentation of the tables."""
    written = Markup('<option value="{}">')
    return Markup("").join(written.format(name) for name in queries.medicine_names())
