"""A gateway says what became of a call about a concern. The signed id it was given is its proof; it opens nothing."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from ketacare.clinic.channels import receipts
from ketacare.clinic.people.access import by_device
from ketacare.clinic.safety import actions

PAGES = "pages"


@csrf_exempt
@require_POST
@by_device("a gateway with the signed id of the call it was given")
def take(request: HttpRequest) -> HttpResponse:
    return receipts.take(request, PAGES, keep)


def keep(receipt: UUID, delivered: bool, why: str, at: datetime) -> None:
    actions.receive_receipt(receipt=receipt, delivered=delivered, why=why, at=at)
