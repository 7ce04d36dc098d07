"""The audit log: who did what, when, to which record; whether its chain is whole; and taking lines out.

A record number is posted, so no address holds one. Reading the log is itself a line of it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.audit import queries, tasks
from ketacare.clinic.audit.models import Line
from ketacare.clinic.audit.queries import Break, Looking
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, NotAllowed, actor_of, confirm, granted, guarded, moment_of
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.tenancy.models import Clinic, ClinicHead
from ketacare.clinic.tenancy.refusals import Refusal, Refused, refusals_in

SHOWN = 100
TAKEN_MOST = 50_000
OUTCOMES = (("done", "Done"), ("refused", "Refused"))
PURPOSES = (
    ("inspection", "An inspection or audit"),
    ("incident", "Looking into an incident"),
    ("patient_asked", "A patient asked"),
    ("own_check", "Our own regular check"),
)
COLUMNS = (
    *("id", "at_clinic", "at_utc", "actor_id", "actor", "role", "purpose", "verb", "object_kind", "object_id"),
    *("patient_id", "outcome", "reason", "request_id", "address"),
)


class Search(forms.Form):
    """What to look for; every field may stay empty."""

    first_day = forms.DateField(label="From", required=False)
    last_day = forms.DateField(label="To, this day too", required=False)
    person = forms.ModelChoiceField(User.objects.none(), label="Person", required=False)
    verb = forms.CharField(label="Act, or its beginning", required=False, max_length=60)
    record_number = forms.CharField(label="Patient’s record number", required=False, max_length=20)
    outcome = forms.ChoiceField(label="Outcome", choices=OUTCOMES, required=False)
    purpose = forms.ChoiceField(label="What the export is for", choices=PURPOSES, required=False)

    def __init__(self, data: object, clinic_id: UUID) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.fields["person"].queryset = people.everybody_who_worked_here(clinic_id)  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@guarded("audit", "R", reads_only=True)
def lines(request: HttpRequest) -> HttpResponse:
    """A hundred lines, newest first, and those below them on asking."""
    actor = reader(request)
    form, asked = search(request, actor)
    rows, older = a_page(queries.lines(asked), request.POST.get("below", "")) if asked is not None else ([], "")
    audit.note(by=actor, at=moment_of(request), verb="audit.read", patient=asked.patient_id if asked else None)
    return page(request, actor, form, rows=rows, older=older, status=200 if asked is not None else 422)


def reader(request: HttpRequest) -> Actor:
    """A patient has a right to their own report, which stands on their own pages; this is the clinic's whole log."""
    actor = actor_of(request)
    if not granted(actor.role, "audit", "R", frozenset({"clinic"})):
        raise NotAllowed("audit", "R")
    return actor


def search(request: HttpRequest, actor: Actor) -> tuple[Search, Looking | None]:
    """The form as typed and what it asks; nothing if it cannot be read."""
    form = Search(request.POST if request.method == "POST" else {}, actor.clinic_id)
    if not form.is_valid():
        return form, None
    typed, patient_id = form.cleaned_data, None
    if typed["record_number"]:
        patient_id = people.by_record_number(actor.clinic_id, typed["record_number"].strip())
        if patient_id is None:
            form.add_error("record_number", "Nobody here has this number. Look at the head of the chart.")
            return form, None
    person: User | None = typed["person"]
    return form, Looking(
        clinic_id=actor.clinic_id,
        begins=midnight(typed["first_day"], actor.zone),
        ends=midnight(typed["last_day"], actor.zone, days=1),
        actor_id=person.pk if person else None,
        verb=typed["verb"].strip(),
        patient_id=patient_id,
        outcome=typed["outcome"],
    )


def midnight(day: date | None, zone: str, days: int = 0) -> datetime | None:
    return datetime.combine(day + timedelta(days=days), time(), tzinfo=ZoneInfo(zone)) if day else None


def a_page(rows: Iterable[Line], below: str) -> tuple[list[Line], str]:
    """These lines, and what to ask for those below them; nothing if these are the last."""
    moment, _, line_id = below.partition("|")
    try:
        start = (datetime.fromisoformat(moment), UUID(line_id)) if below else None
    except ValueError:
        raise Refused(Refusal("Page", "cannot be found.", "Look for the lines again."))
    found = list((queries.older_than(rows, *start) if start else rows)[: SHOWN + 1])  # type: ignore[arg-type,index]
    kept = found[:SHOWN]
    return kept, f"{kept[-1].at.isoformat()}|{kept[-1].pk}" if len(found) > SHOWN else ""


def page(
    request: HttpRequest,
    actor: Actor,
    form: Search,
    *,
    rows: list[Line] | None = None,
    older: str = "",
    chain: Chain | None = None,
    status: int = 200,
) -> HttpResponse:
    at = moment_of(request)
    names = names_of(rows or [])
    shown = {
        "form": form,
        "rows": [(line, who(line, names)) for line in rows] if rows is not None else None,
        "numbers": people.record_numbers({line.patient_id for line in rows or [] if line.patient_id}),
        "people": [(person.pk, person.name) for person in people.everybody_who_worked_here(actor.clinic_id)],
        "outcomes": OUTCOMES,
        "purposes": PURPOSES,
        "older": older,
        "chain": chain,
        "refusals": refusals_in(form),
        "may_export": granted(actor.role, "audit", "X", frozenset({"clinic"})),
        "strangers": queries.strangers_since(at - timedelta(hours=24)),
    }
    return render(request, "pages/audit.jinja", shown, status=status)


def names_of(rows: Iterable[Line]) -> dict[UUID | None, str]:
    return dict(User.objects.filter(pk__in={line.actor_id for line in rows}).values_list("pk", "name"))


def who(line: Line, names: dict[UUID | None, str]) -> str:
    """Staff by name. A patient is not named in a list; their record is one column on."""
    if line.role == Role.PT:
        return "The patient"
    if line.actor_id is None:
        return "Ketacare" if line.outcome == "done" else "Nobody signed in"
    return names.get(line.actor_id, "Somebody")


# -- is the chain whole? ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Chain:
    """What a proof of the whole chain found."""

    length: int
    breaks: list[Break]


@require_POST
@guarded("audit", "R", gives_way=True)
def verify(request: HttpRequest) -> HttpResponse:
    """Recompute every link of this clinic's chain now. Reading proves nothing: this does."""
    actor, at = reader(request), moment_of(request)
    clinic = Clinic.objects.get(pk=actor.clinic_id)
    chain = Chain(ClinicHead.objects.get(clinic=clinic).audit_number, tasks.verify_one(clinic))
    outcome = "broken" if chain.breaks else "done"
    audit.note(by=actor, at=at, verb="audit.verify", outcome=outcome, because=f"{chain.length} lines")
    if request.headers.get("HX-Request"):
        return render(request, "pages/_chain.jinja", {"chain": chain})
    return page(request, actor, Search({}, actor.clinic_id), chain=chain)


# -- taking lines out ------------------------------------------------------------------------------------------------


@require_POST
@guarded("audit", "X", reads_only=True, gives_way=True)
def export(request: HttpRequest) -> HttpResponse:
    """The lines looked for, as CSV, with what they are for. Who sits there is asked again (K6)."""
    actor = reader(request)
    confirm(request)
    form, asked = search(request, actor)
    if asked is not None and not form.cleaned_data["purpose"]:
        form.add_error("purpose", "An export needs a purpose. Choose one.")
    rows = list(queries.lines(asked)[: TAKEN_MOST + 1]) if asked is not None and not form.errors else []
    if len(rows) > TAKEN_MOST:
        form.add_error("first_day", f"More than {TAKEN_MOST:,} lines. Choose a shorter period.")
    if form.errors:
        return page(request, actor, form, status=422)
    assert asked is not None
    audit.note(
        by=actor,
        at=moment_of(request),
        verb="audit.export",
        patient=asked.patient_id,
        purpose=form.cleaned_data["purpose"],
        because=f"{len(rows)} lines",
    )
    response = HttpResponse(sheet(rows, actor.zone), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return response


def sheet(rows: list[Line], zone: str) -> str:
    written, names = io.StringIO(), names_of(rows)
    table = csv.writer(written)
    table.writerow(COLUMNS)
    table.writerows([harmless(value) for value in cells(line, names, ZoneInfo(zone))] for line in rows)
    return written.getvalue()


def cells(line: Line, names: dict[UUID | None, str], zone: ZoneInfo) -> Iterator[object]:
    known = {
        "at_clinic": line.at.astimezone(zone).isoformat(sep=" ", timespec="milliseconds"),
        "at_utc": line.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": who(line, names),
    }
    for column in COLUMNS:
        yield known[column] if column in known else getattr(line, column)


def harmless(value: object) -> str:
    """A spreadsheet would run a cell that begins like a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") else text
