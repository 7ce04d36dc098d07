"""Medicines on the day: one screen with what changed since the last visit, signed by the nurse."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from ketacare.clinic.candidacy import forms
from ketacare.clinic.candidacy import queries as candidacy
from ketacare.clinic.dosing.actions import reconciling as acts
from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import checklist, reconciling, since_last
from ketacare.clinic.dosing.views.page import opened, page, past_review_before, visit_url
from ketacare.clinic.people.access import actor_of, guarded
from ketacare.clinic.tenancy.refusals import Refusal, Refused

# Asked on every dosing day: taken at all, and if so how many hours ago.
SUBSTANCES = (
    "hours_since_alcohol",
    "hours_since_cannabis",
    "hours_since_cannabis_edible",
    "hours_since_cocaine",
    "hours_since_psychedelic",
    "hours_since_ayahuasca_or_mdma",
    "hours_since_other_ketamine",
    "hours_since_caffeine",
)


@guarded("session", "U")
def medicines_today(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    session, _, at = opened(request, visit_id, "U")
    refusals: list[Refusal] = []
    if request.method == "POST":
        try:
            sign(request, session, at)
            return HttpResponseRedirect(visit_url(session.visit) + f"#{checklist.after(reconciling.ITEM)}")
        except Refused as refused:
            refusals = refused.refusals
    return shown(request, session, at, refusals)


def sign(request: HttpRequest, session: Session, at: datetime) -> None:
    """Everything that was typed is read first, every fault at once; then one act writes it all or nothing."""
    post, faults = request.POST, list[Refusal]()
    row = candidacy.medicines(session.visit.patient)
    when = forms.When(at, actor_of(request).zone)
    if row is not None and post.get("seen") != str(row.pk):
        faults.append(Refusal("medicines", "Somebody changed this list meanwhile.", "Look at it again.", "policy"))
    last: dict[UUID, datetime | None] = {}
    for entry in row.medicines if row else ():
        try:
            last[entry.key] = forms.last_taken(post, when, f"-{entry.key}")
        except Refused as refused:
            faults += refused.refusals
    answers: dict[str, str] = {}
    for name in SUBSTANCES:
        try:
            answers |= substance(post, name)
        except Refused as refused:
            faults += refused.refusals
    if faults:
        raise Refused(faults)
    acts.reconcile(
        session=session, last_taken=last, answers=answers, words=post.get("words", ""), by=actor_of(request), at=at
    )


def substance(post: Any, name: str) -> dict[str, str]:
    """Not lately, or so many hours ago; left alone is not known and stays so."""
    kind = candidacy.kinds()[name]
    told = forms.told(kind, post, None)  # type: ignore[arg-type]
    return {} if told is None else {name: told.answer}


def shown(request: HttpRequest, session: Session, at: datetime, refusals: list[Refusal]) -> HttpResponse:
    actor = actor_of(request)
    since = since_last.last_visit_at(session.visit)
    check = reconciling.checked(session, at, actor.zone)
    return page(
        request, "reconcile", session.visit, session, status=422 if refusals else 200,
        check=check,
        row=check.row,
        entries=check.row.medicines if check.row else (),
        since=since,
        changes=since_last.changes(session.visit, since, at),
        of_all=since_last.OF_ALL,
        signed=reconciling.signed_today(session),
        substances=[candidacy.kinds()[name] for name in SUBSTANCES],
        last=forms.LAST,
        evaluation=reverse("evaluation", args=[session.visit.patient_id]) + "#medicines",
        refusals=refusals,
        overdue=past_review_before(session, at, actor.zone),
    )  # fmt: skip
