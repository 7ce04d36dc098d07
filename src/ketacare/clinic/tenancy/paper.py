"""The one door through which a record leaves on paper: a PDF, and none of it out of a training clinic (H39)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typst
from django.http import HttpResponse

from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.evidence.terms import SheetHeader


def paper(
    template: Path, data: dict[str, Any], *, name: str, clinic: Clinic, called: str = "This paper", read_at: str = ""
) -> HttpResponse:
    """PDF/UA, shown in the browser. What somebody made up to learn with must not lie among the papers of patients:
    what is `called` so is then read on its page, at `read_at`."""
    if clinic.is_training:
        words = f"{called} is not printed: this is a training clinic, and nothing of it leaves as paper."
        raise Refused(Refusal(called, words, "Read it on the screen.", "policy", href=read_at))
    answer = HttpResponse(pdf(template, data), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return answer


def review_line(headers: Sequence[SheetHeader]) -> str:
    """In one line of the foot, which sheets behind a paper somebody should have read again by the day it is printed."""
    if not headers:
        return ""
    named = ", ".join(f"{header.id} {header.version}" for header in headers)
    since = min(header.next_review_on for header in headers)
    return f"Written by sheets that are past their review date ({since:%d-%b-%Y} or later), and still apply: {named}."


def pdf(template: Path, data: dict[str, Any]) -> bytes:
    """No network, no system fonts: the template and its data are all there is."""
    return bytes(
        typst.compile(
            str(template), root=str(template.parent), format="pdf", sys_inputs={"data": json.dumps(data)},
            pdf_standards=["ua-1"], ignore_system_fonts=True,
        )
    )  # fmt: skip
