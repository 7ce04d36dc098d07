"""The billing page of the front desk: one day, its finished visits, what each is billed by, and what was said of it."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.billing import access, actions, queries
from ketacare.clinic.billing.models import Outcome
from ketacare.clinic.people.access import actor_of, confirm, guarded, may, moment_of
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused

COLUMNS = (
    *("day", "name", "record_number", "began", "left", "minutes_dose_to_leaving", "minutes_monitored"),
    *("minutes_supervised", "minutes_infusion", "drug", "given", "route", "devices", "lots", "supervised_by"),
    *("session_closed", "outcome", "number", "authorisation", "reason"),
)
EARLIEST = date(2000, 1, 1)  # no visit is older
# A table calculator takes what begins so for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def day_asked(request: HttpRequest) -> date:
    """As in the address; today where it names none, or no day."""
    today = local_day(moment_of(request), actor_of(request).zone)
    try:
        day = date.fromisoformat(request.GET.get("day", "") or request.POST.get("day", ""))
    except ValueError:
        return today
    return day if EARLIEST <= day <= today else today


@guarded("billing", "R")
@require_GET
def billing(request: HttpRequest) -> HttpResponse:
    return day_page(request)


def day_page(request: HttpRequest, refusals: list[Refusal] | None = None, visit_id: UUID | None = None) -> HttpResponse:
    """Every name on it is a look at a record: one audit line says which day was opened, and of whom."""
    actor, at, day = actor_of(request), moment_of(request), day_asked(request)
    access.require_staff(actor)
    rows = queries.day_of(actor, day, actor.zone)
    for row in rows:
        audit.note(by=actor, at=at, verb="chart.open", patient=row.session.visit.patient, kind="billing",
                   purpose="billing")  # fmt: skip
    context = {
        "day": day,
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1) if day < local_day(at, actor.zone) else None,
        "today": local_day(at, actor.zone),
        "rows": rows,
        "open_days": queries.open_days(actor, at, actor.zone),
        "outcomes": Outcome,
        "may_mark": may(actor, "billing", "C"),
        "typed": request.POST if refusals else {},
        "typed_of": visit_id,
        "refusals": [{"field": r.field, "rule": r.rule, "remedy": r.remedy, "kind": r.kind} for r in refusals or []],
    }
    return render(request, "billing/day.jinja", context, status=422 if refusals else 200)


@guarded("billing", "C")
@require_POST
def mark(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    actor, at, day = actor_of(request), moment_of(request), day_asked(request)
    session = access.finished_of(actor, visit_id, "C", at=at)
    names = ("outcome", "number", "authorisation", "reason", "amend_reason", "seen", "figures")
    said = actions.Said(**{name: request.POST.get(name, "").replace("\x00", "").strip() for name in names})
    try:
        with transaction.atomic():
            actions.mark(session=session, said=said, by=actor, at=at)
    except Refused as refused:
        return day_page(request, refused.refusals, visit_id)
    return HttpResponseRedirect(f"{reverse('billing')}?day={day:%Y-%m-%d}#visit-{visit_id}")


@guarded("billing", "R", gives_way=True)
@require_GET
def as_csv(request: HttpRequest) -> HttpResponse:
    """The same day for the biller's own program; who sits there is asked again (K6)."""
    actor, at, day = actor_of(request), moment_of(request), day_asked(request)
    access.require_staff(actor)
    confirm(request)
    rows = queries.day_of(actor, day, actor.zone)
    for row in rows:
        audit.note(by=actor, at=at, verb="billing.export", patient=row.session.visit.patient, kind="billing",
                   purpose="billing")  # fmt: skip
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(COLUMNS)
    lines.writerows([plain(value) for value in line_of(row, day)] for row in rows)
    answer = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="billing-{day:%Y-%m-%d}.csv"'
    return answer


def line_of(row: queries.Row, day: date) -> list[object]:
    found, mark = row.figures, row.mark
    said = [mark.outcome, mark.number, mark.authorisation, mark.reason] if mark else ["", "", "", ""]
    return [
        f"{day:%Y-%m-%d}", row.name, row.record_number, found.began, found.left, found.from_dose_to_leaving,
        found.monitored, found.supervised, found.infused, found.drug, found.mg, found.route, found.devices,
        "; ".join(found.lots), "; ".join(found.supervised_by), "yes" if row.is_closed else "no", *said,
    ]  # fmt: skip


def plain(value: object) -> str:
    """Empty where it is not known; and never a formula."""
    words = "" if value is None else str(value)
    return f"'{words}" if words.startswith(FORMULA) else words
