"""The ledger: containers with their running balance, receiving, and the blind count."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from ketacare.clinic.people.access import actor_of, guarded, may
from ketacare.clinic.pharmacy import access, actions, queries
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.protocols.reader import PROTOCOLS, protocol


@guarded("ledger", "R")
def ledger(request: HttpRequest) -> HttpResponse:
    return ledger_page(request)


def ledger_page(request: HttpRequest, refusals: list[dict[str, str]] | None = None) -> HttpResponse:
    actor = actor_of(request)
    at: datetime = request.at  # type: ignore[attr-defined]
    context = {
        "containers": queries.containers(actor),
        "entries": queries.register(actor),
        "vials": vials(),
        "may_write": may(actor, "ledger", "C"),
        "today": at.date(),
        "typed": request.POST if refusals else {},
        "refusals": refusals or [],
    }
    return render(request, "pharmacy/ledger.jinja", context, status=422 if refusals else 200)


def vials() -> list[tuple[str, str, str]]:
    """What the protocols of this house know: strength and size are chosen together, never typed (H1)."""
    sheets = [protocol(sheet_id) for sheet_id in PROTOCOLS]
    return [
        (f"{sheet.drug}|{vial.concentration.amount}|{vial.volume.amount}", f"{sheet.drug} {vial.label}", "")
        for sheet in sheets
        for vial in sheet.vials
    ]


@guarded("ledger", "C")
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    at: datetime = request.at  # type: ignore[attr-defined]

    def act() -> None:
        drug, strength, volume = chosen_vial(request.POST.get("vial", ""))
        actions.receive_container(
            drug=drug, concentration_mg_per_ml=strength, volume_ml=volume, serial=needed(request, "serial", "Serial"),
            lot=needed(request, "lot", "Lot"), expires_on=expiry(request), by=actor, at=at,
        )  # fmt: skip

    return answered(request, act)


def chosen_vial(value: str) -> tuple[str, Decimal, Decimal]:
    if value not in {choice for choice, _, _ in vials()}:
        raise Refused(Refusal("vial", "No vial was chosen.", "Choose strength and size together."))
    drug, strength, volume = value.split("|")
    return drug, Decimal(strength), Decimal(volume)


def needed(request: HttpRequest, name: str, what: str) -> str:
    text: str = request.POST.get(name, "").strip()
    if not text:
        raise Refused(Refusal(name, f"{what} is empty.", "Copy it from the label."))
    return text


def expiry(request: HttpRequest) -> date:
    try:
        return date.fromisoformat(request.POST.get("expires_on", ""))
    except ValueError:
        raise Refused(Refusal("expires_on", "Expiry is not a date.", "Copy it from the label.")) from None


@guarded("ledger", "C")
@require_POST
def count(request: HttpRequest, container_id: UUID) -> HttpResponse:
    """What is really there. The book's figure is not on the form (L4)."""
    actor = actor_of(request)
    at: datetime = request.at  # type: ignore[attr-defined]
    container = access.container_of(actor, container_id, "C")

    def act() -> None:
        try:
            counted = Decimal(request.POST.get("counted_ml", "").strip())
        except InvalidOperation:
            raise Refused(Refusal("counted_ml", "That is not a volume.", "Enter the millilitres you see.")) from None
        mg = (counted * container.concentration_mg_per_ml).quantize(Decimal("0.001"))
        actions.count_container(container=container, counted_mg=mg, by=actor, at=at)

    return answered(request, act)


def answered(request: HttpRequest, act: Any) -> HttpResponse:
    try:
        with transaction.atomic():
            act()
    except Refused as refused:
        items = [{"field": r.field, "rule": r.rule, "remedy": r.remedy, "kind": r.kind} for r in refused.refusals]
        return ledger_page(request, items)
    return HttpResponseRedirect(reverse("ledger"))
