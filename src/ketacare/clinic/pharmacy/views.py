"""The ledger: containers with their running balance, receiving, and the blind count."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from ketacare.clinic.people.access import actor_of, guarded, may, moment_of
from ketacare.clinic.pharmacy import access, actions, queries
from ketacare.clinic.pharmacy.models import Container
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.protocols.reader import PROTOCOLS, protocol

MOST_IN_A_PACK = 1000
PACK = {True: "", False: ", pack"}


@guarded("ledger", "R")
def ledger(request: HttpRequest) -> HttpResponse:
    return ledger_page(request)


def ledger_page(request: HttpRequest, refusals: list[dict[str, str]] | None = None) -> HttpResponse:
    actor = actor_of(request)
    at = moment_of(request)
    containers = queries.containers(actor)
    context = {
        "containers": containers,
        "uncounted": queries.still_to_count(actor, containers, at=at),
        "entries": queries.register(actor),
        "unplaced": queries.drawn_by_others(actor),
        "vials": vials(),
        "may_write": may(actor, "ledger", "C"),
        "today": local_day(at, actor.zone),
        "typed": request.POST if refusals else {},
        "refusals": refusals or [],
    }
    return render(request, "pharmacy/ledger.jinja", context, status=422 if refusals else 200)


def vials() -> list[tuple[str, str, str]]:
    """What the protocols of this house know: strength and size are chosen together, never typed (H1)."""
    sheets = [protocol(sheet_id) for sheet_id in PROTOCOLS]
    poured = {
        f"{sheet.drug}|{vial.concentration.amount}|{vial.volume.amount}": f"{sheet.drug} {vial.label}"
        for sheet in sheets
        for vial in sheet.vials
    }
    counted = {
        f"{sheet.drug}|{piece.name}|{piece.mass.amount}": f"{sheet.drug} {piece.label}{PACK[piece.serial_each]}"
        for sheet in sheets
        for piece in sheet.pieces
    }
    return [(value, words, "") for value, words in (poured | counted).items()]


@guarded("ledger", "C")
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    at = moment_of(request)

    def act() -> None:
        product = chosen(request.POST.get("vial", ""), request.POST.get("pieces", "").strip())
        actions.receive_container(
            product=product, serial=needed(request, "serial", "Serial"),
            lot=needed(request, "lot", "Lot"), expires_on=expiry(request), by=actor, at=at,
        )  # fmt: skip

    return answered(request, act)


def chosen(value: str, pieces: str) -> actions.Product:
    if value not in {choice for choice, _, _ in vials()}:
        raise Refused(Refusal("vial", "No product was chosen.", "Choose strength and size together."))
    drug, first, second = value.split("|")
    if first[:1].isdigit():
        return actions.Product(drug, concentration_mg_per_ml=Decimal(first), volume_ml=Decimal(second))
    return actions.Product(drug, piece=first, piece_mg=Decimal(second), pieces=counted_pieces(first, pieces))


def counted_pieces(piece: str, typed: str) -> int:
    """A device has a serial of its own and is received one by one; a pack says how many it holds."""
    if piece == "device":
        return 1
    if not typed.isdigit() or not 0 < int(typed) <= MOST_IN_A_PACK:
        words = f"Pieces: {typed or 'nothing'} is not a number from 1 to {MOST_IN_A_PACK}."
        raise Refused(Refusal("pieces", words, "Copy it from the pack."))
    return int(typed)


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
    at = moment_of(request)
    container = access.container_of(actor, container_id, "C")

    def act() -> None:
        actions.count_container(container=container, counted_mg=counted_in(request, container), by=actor, at=at)

    return answered(request, act)


def counted_in(request: HttpRequest, container: Container) -> Decimal:
    """Milligrams of what was seen, in mL or pieces."""
    try:
        counted = Decimal(request.POST.get("counted_ml", "").strip().replace(",", "."))
        if not counted.is_finite() or counted < 0:
            raise InvalidOperation
        each = container.concentration_mg_per_ml or container.piece_mg or Decimal(0)
        return (counted * each).quantize(Decimal("0.001"))
    except InvalidOperation:
        raise Refused(Refusal("counted_ml", "That is not an amount.", "Enter what you see, from 0 up.")) from None


@require_http_methods(["GET", "POST"])
@guarded("ledger", "R")
def difference(request: HttpRequest, container_id: UUID) -> HttpResponse:
    """A count that differed: recounted by two people, and the cause. The book's figure is not here either (L4)."""
    actor, at = actor_of(request), moment_of(request)
    container, refusals = access.container_of(actor, container_id), []
    if request.method == "POST":
        access.container_of(actor, container_id, "A")
        try:
            with transaction.atomic():
                witness = access.witness_of(
                    actor, request.POST.get("witness", ""), request.POST.get("witness_password", "")
                )
                actions.settle_difference(
                    container=container, counted_mg=counted_in(request, container), witness=witness,
                    cause=request.POST.get("cause", ""), by=actor, at=at,
                )  # fmt: skip
            return HttpResponseRedirect(reverse("ledger"))
        except Refused as refused:
            refusals = [
                {"field": r.field, "rule": r.rule, "remedy": r.remedy, "kind": r.kind} for r in refused.refusals
            ]
    context = {
        "container": container,
        "is_open": actions.cases_of(container).exists(),
        "counts": queries.counts_of(container),
        "may_settle": may(actor, "ledger", "A"),
        "cause_most": actions.CAUSE_MOST,
        "typed": request.POST,
        "refusals": refusals,
    }
    return render(request, "pharmacy/difference.jinja", context, status=422 if refusals else 200)


def answered(request: HttpRequest, act: Any) -> HttpResponse:
    try:
        with transaction.atomic():
            act()
    except Refused as refused:
        items = [{"field": r.field, "rule": r.rule, "remedy": r.remedy, "kind": r.kind} for r in refused.refusals]
        return ledger_page(request, items)
    return HttpResponseRedirect(reverse("ledger"))
