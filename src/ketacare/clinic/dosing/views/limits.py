"""This person's limits at the chair: moved with a reason, a parameter set aside, watched again (A9, A14)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from ketacare.clinic.dosing.actions import limits as acts
from ketacare.clinic.dosing.forms import Reader
from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import limits as queries
from ketacare.clinic.dosing.views.page import answered, opened, page, reader, visit_url
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.people.access import Actor, guarded, may

LINE = "line:"


@guarded("limits", "R")
def limits(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    held, actor, at = opened(request, visit_id, "R", "limits")
    visit = held.visit

    def again(refused: list[dict[str, str]]) -> HttpResponse:
        standing = watch.standing(visit, at=at)
        return page(
            request, "limits", visit, held, status=422 if refused else 200,
            groups=queries.groups(visit, standing, watch.latest(visit)),
            asides=queries.asides(standing), said=queries.said(visit), watched=standing is not None,
            may_move=standing is not None and may(actor, "limits", "U"), line=LINE, refusals=refused,
        )  # fmt: skip

    if request.method != "POST":
        return again([])
    return answered(request, lambda: act(reader(request), held, actor, at), again, visit_url(visit, "session-limits"))


def act(form: Reader, held: Session, by: Actor, at: datetime) -> None:
    match form.text("act"):
        case "move":
            names = [name for name in form.typed if name.startswith(LINE) and form.text(name)]
            lines = {name.removeprefix(LINE): form.needed_amount(name, "Limit", "the same unit") for name in names}
            form.done()
            acts.move(session=held, lines=lines, why=form.text("why"), by=by, at=at)
        case "aside":
            acts.set_aside(session=held, group=form.text("group"), reason=form.text("reason"), by=by, at=at)
        case _:
            acts.watch_again(session=held, group=form.text("group"), by=by, at=at)
