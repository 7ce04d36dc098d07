"""What the dose does: effects charted, medicines as needed given, and what is more than an effect judged."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from ketacare.clinic.dosing import forms
from ketacare.clinic.dosing.actions import adverse, as_needed, own_orders, timeline
from ketacare.clinic.dosing.actions import effects as acts
from ketacare.clinic.dosing.models import Outcome, Relatedness, Session, TimelineEntry
from ketacare.clinic.dosing.queries import as_needed as needed
from ketacare.clinic.dosing.queries import effects as queries
from ketacare.clinic.dosing.queries import whose
from ketacare.clinic.dosing.views import adverse as events
from ketacare.clinic.dosing.views.page import answered, now, opened, page, reader, visit_url
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import actor_of, guarded, may
from ketacare.clinic.people.models import Role
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.safety import reader as sheets


@guarded("readings", "R")
def effects(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Charting, giving and judging in one place; each act is asked for the right it needs by itself."""
    session = opened(request, visit_id, "R", "readings").session
    if request.method != "POST":
        return effects_page(request, session)
    return answered(
        request, lambda: act(request, session), lambda refused: effects_page(request, session, refused),
        visit_url(session.visit, "session-effects"),
    )  # fmt: skip


def act(request: HttpRequest, session: Session) -> None:
    form = reader(request)
    match form.text("act"):
        case "chart":
            chart(request, form, session)
        case "give":
            give(request, form, session)
        case "ordered":
            ordered(request, form, session)
        case "confirm":
            confirm(request, form, session)
        case "unsay":
            unsay(request, form, session)
        case "looked":
            look(request, form, session)
        case "over":
            acts.close_emergency(
                session=session, name=form.text("name"), airway_signs=form.answer("airway_signs"),
                words=form.text("words"), by=actor_of(request), at=now(request),
            )  # fmt: skip
        case "judge" | "another":
            judged = events.judged_in(form, request, session.started_at)
            form.done()
            adverse.record(
                patient=session.visit.patient, session=session, judged=judged, by=actor_of(request), at=now(request)
            )
        case _:
            raise Refused(Refusal("act", "Nothing was chosen.", "Choose one."))


def chart(request: HttpRequest, form: forms.Reader, session: Session) -> None:
    name = form.need("effect", "Which effect?")
    grade = int(form.text("grade")) if form.text("grade").isdigit() else None
    happened_at = form.moment("happened_at", now(request), actor_of(request).zone, session.started_at)
    form.done()
    acts.chart(
        session=session, name=name, grade=grade, words=form.text("words"), happened_at=happened_at,
        by=actor_of(request), at=now(request),
    )  # fmt: skip


def give(request: HttpRequest, form: forms.Reader, session: Session) -> None:
    unit = form.need("unit", "In which unit?")
    amount = form.needed_amount("amount", "Amount", unit or "its unit")
    drug, route = form.need("drug", "Which medicine?"), form.need("route", "Which route?")
    why = form.need("why", "What for?")
    whose.asked(form, session)
    given_at = form.moment("given_at", now(request), actor_of(request).zone, session.started_at)
    form.done()
    if not form.confirms("why"):
        for words in needed.unlikely(session, drug, why, given_at or now(request)):
            form.refuse("why", words, "Look again; confirm if it is right.", "unlikely")
    form.done()
    wanted = as_needed.Wanted(drug, route, amount, why, unit)
    none_apply = form.text("none_apply") == "on"
    as_needed.give(
        session=session, wanted=wanted, none_apply=none_apply, given_at=given_at, by=actor_of(request), at=now(request)
    )


def ordered(request: HttpRequest, form: forms.Reader, session: Session) -> None:
    unit = form.need("own_unit", "In which unit?")
    amount = form.needed_amount("own_amount", "Amount", unit or "its unit")
    named = {str(one.pk): one for one in people.colleagues(clinic_id=session.clinic_id, role=Role.RX)}
    whose.asked(form, session)
    given_at = form.moment("own_given_at", now(request), actor_of(request).zone, session.started_at)
    form.done()
    order = own_orders.OwnOrder(
        medicine=form.text("own_drug"), name=form.text("own_name"), route=form.text("own_route"), amount=amount,
        unit=unit, why=form.text("own_why"), prescriber=named.get(form.text("ordered_by")),
        confirmed=form.confirms("own_amount"),
    )  # fmt: skip
    own_orders.give_ordered(session=session, order=order, given_at=given_at, by=actor_of(request), at=now(request))


def confirm(request: HttpRequest, form: forms.Reader, session: Session) -> None:
    entry = entry_given(form, session)
    own_orders.confirm(
        session=session, entry=entry, was_theirs=form.answer("was_theirs"), words=form.text("words"),
        by=actor_of(request), at=now(request),
    )  # fmt: skip


def unsay(request: HttpRequest, form: forms.Reader, session: Session) -> None:
    """By whoever said it of an order, from here: of other lines the medical director amends none."""
    word = {str(row.pk): row for row in needed.words_on(session.visit).values()}.get(form.text("entry"))
    if word is None:
        raise Refused(Refusal("Order", "nothing stands of it to strike out.", "Look at the page again.", "policy"))
    reason = form.need("unsay_reason", "Why is it struck out?")
    form.done()
    timeline.amend(session=session, entry=word, reason=reason, in_error=True, by=actor_of(request), at=now(request))


def look(request: HttpRequest, form: forms.Reader, session: Session) -> None:
    entry = entry_given(form, session)
    as_needed.record_effect(
        session=session, entry=entry, words=form.text("words"), by=actor_of(request), at=now(request)
    )


def entry_given(form: forms.Reader, session: Session) -> TimelineEntry:
    entry = {str(row.pk): row for row in needed.given(session)}.get(form.text("entry"))
    if entry is None:
        raise Refused(Refusal("medicine", "was not given here.", "Look at the session again."))
    return entry


def effects_page(request: HttpRequest, session: Session, refusals: list[dict[str, str]] | None = None) -> HttpResponse:
    actor, sheet = actor_of(request), sheets.effects_sheet()
    medicines = sheets.needed_sheet().medicines
    return page(
        request, "effects", session.visit, session, status=422 if refusals else 200,
        terms=sheet.terms,
        medicines=medicines,
        routes=sorted({dose.route for one in medicines.values() for dose in one.doses}),
        units=list(dict.fromkeys(dose.amount.unit for one in medicines.values() for dose in one.doses)),
        reasons=sorted({why for one in medicines.values() for why in one.why}),
        adopted=needed.adopted(session.clinic_id),
        given=(given := needed.looked_at(session)),
        may_confirm={one.entry.pk for one in given if one.waits_for_word and own_orders.may_confirm(one.entry, actor)},
        airway=queries.open_emergency(session, queries.AIRWAY),
        found=queries.found(session) if session.started_at else (),
        to_judge=queries.to_judge(session),
        recorded=queries.said_of(session),
        known=(known := queries.recorded(session)),
        settled={effect for effect, event in known.items() if adverse.settled(event)},
        serious=sheet.serious,
        in_hospital=queries.went_to_hospital(session),
        may_judge=session.started_at is not None,
        whose=whose.whose(session),
        relatedness=Relatedness,
        outcomes=Outcome,
        may_chart=may(actor, "readings", "C") and session.started_at is not None,
        may_give=may(actor, "dose", "C") and session.started_at is not None,
        may_record=may(actor, "adverse_events", "C"),
        prescriber=may(actor, "adverse_events", "S"),
        orders_alone=may(actor, "plan", "S"),
        prescribers=people.colleagues(clinic_id=session.clinic_id, role=Role.RX),
        refusals=refusals or [],
    )  # fmt: skip
