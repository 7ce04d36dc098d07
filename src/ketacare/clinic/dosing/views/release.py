"""Going home: criteria with their values, ready and left, waste with a witness, close."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from ketacare.clinic.dosing import forms
from ketacare.clinic.dosing.actions import leaving, release
from ketacare.clinic.dosing.models import Kind, Session, SessionState
from ketacare.clinic.dosing.queries import (
    closing,
    dose,
    effects,
    going_home,
    note,
    rems,
    take_home,
    timeline,
    timeline_words,
    untaken,
)
from ketacare.clinic.dosing.views.chair import SKIP_REASONS
from ketacare.clinic.dosing.views.page import answered, now, opened, page, reader, visit_url
from ketacare.clinic.people.access import actor_of, guarded, may
from ketacare.clinic.pharmacy import access as pharmacy
from ketacare.clinic.pharmacy import queries as ledger

METHODS = (
    "Squirted into a denaturing container",
    "Squirted into absorbent and sealed",
    "Kept for pharmacy destruction",
    "Into the controlled waste container",
)
MISSED = "Missed: nobody took it"
YES, TEXT, NUMBER = "yes", "text", "number"
QUESTIONS = (
    ("Head and legs", (
        ("orientation", "Orientation, points of 5", NUMBER),
        ("romberg", "Romberg: stands steady", YES),
        ("gait", "Gait: 6 m and back, steady", YES),
        ("standing_fall_sbp", "Systolic falls on standing by, mmHg (0 if it rises)", NUMBER),
        ("standing_fall_dbp", "Diastolic falls on standing by, mmHg", NUMBER),
        ("dizzy_standing", "Dizzy on standing", YES),
        ("walk_s", "Up, 3 m and back: seconds (from 65 years)", NUMBER),
    )),
    ("Body", (
        ("on_air", "On room air", YES),
        ("fluids_kept", "Fluids kept down", YES),
        ("vomited", "Vomited since the last check", YES),
        ("line_out", "Line out", YES),
        ("site_fine", "Site fine", YES),
        ("pain_acceptable", "Pain acceptable", YES),
    )),
    ("Mind", (
        ("frightening_perceptions", "Frightening perceptions", YES),
        ("new_suicidal_or_violent_intent", "New suicidal or violent intent", YES),
        ("safety_plan_held", "Safety plan held by the patient", YES),
    )),
    ("Way home", (
        ("escort_name", "Escort's name", TEXT),
        ("escort_relation", "Relation", TEXT),
        ("escort_phone", "Telephone", TEXT),
        ("escort_present", "Escort is here, seen", YES),
        ("escort_told", "Escort told: no driving today", YES),
        ("transport_seen", "Transport seen", YES),
    )),
    ("Afterwards", (
        ("instructions_taught_back", "Instructions taught back", YES),
        ("emergency_number_given", "Emergency number given", YES),
        ("next_contact", "Next contact", TEXT),
    )),
)  # fmt: skip


def at_the_door(session: Session) -> list[dict[str, str]]:
    """As they were when the patient left: judged anew, time alone would meet some of them since."""
    entry = timeline.latest(session.visit, Kind.RELEASE)
    return [] if entry is None or session.left_at is None else [{"title": "", **one} for one in entry.body["criteria"]]


@guarded("discharge", "R")
def release_page(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    session = opened(request, visit_id, "R", "discharge").session
    return shown_page(request, session)


def shown_page(
    request: HttpRequest, session: Session, refusals: list[dict[str, str]] | None = None, part: str = ""
) -> HttpResponse:
    actor, at = actor_of(request), now(request)
    visit = session.visit
    rows = timeline.standing(visit, Kind.CRITERION)
    recorded = {name: kept["value"] for row in rows for name, kept in row.body["facts"].items()}
    until = session.left_at or at
    amounts, container = ledger.amounts_of(visit), ledger.drawn_container(visit)
    still_open = ledger.open_in(visit)
    recovery = session.state == SessionState.RECOVERY
    found = going_home.known(session, at=until, zone=actor.zone) if session.dose_ended_at else None
    owed = going_home.owed_at_leaving(session, at=at, zone=actor.zone, found=found) if recovery else []
    pieces_open = bool(still_open) and all(one.piece_mg is not None for one, _ in still_open)
    return page(
        request, "release", visit, session, status=422 if refusals else 200,
        judged=going_home.release(session, at=until, zone=actor.zone, found=found) if session.dose_ended_at else None,
        criteria=at_the_door(session),
        questions=QUESTIONS,
        told=note.in_words,
        recorded=recorded,
        escort=going_home.escort(session),
        wait=going_home.escort_wait(session, at),
        wait_most=going_home.wait_figure(session),
        calls=going_home.calls(session),
        to_print=take_home.is_ready(session),
        printed=[(row, timeline_words.paper_words(row)) for row in take_home.printed(session)],
        paper_out_of_date=take_home.is_out_of_date(session, actor.zone),
        drive_from=going_home.drive_from(session),
        ways=leaving.WAYS,
        needs=leaving.NEEDS,
        asked=leaving.ASKED,
        abilities=leaving.ABILITIES,
        choices=leaving.CHOICES,
        untold=going_home.UNTOLD_OF_DRIVING,
        before_the_dose=session.state in leaving.BEFORE_THE_DOSE,
        otherwise=timeline.latest(visit, Kind.RELEASE),
        rems=rems.asked_of(session),
        to_judge=effects.to_judge(session),
        amounts=amounts,
        running=dose.in_tenths(dose.run_in(session, at)) if session.state in dose.FLOWS else "",
        container=container,
        reconciliation=closing.reconciliation(session),
        entries=ledger.entries_of(visit),
        used=ledger.used_in(visit),
        missing=closing.missing(session),
        gaps=[(column, closing.not_taken(column)) for column in closing.unexplained(session)],
        gap_reasons=[(words, words) for words in (*SKIP_REASONS, MISSED)],
        door_reasons=[(words, words) for words in untaken.reasons([name for name, _ in owed])],
        methods=METHODS if not pieces_open else (release.RETURNED, *METHODS),
        recovery=recovery,
        owed=owed,
        left=session.state == SessionState.LEFT,
        may_waste=may(actor, "ledger", "C") and release.may_waste(session),
        may_release=may(actor, "discharge", "S"),
        prescriber=may(actor, "plan", "S"),
        part=part,
        refusals=refusals or [],
    )  # fmt: skip


@guarded("session", "U")
@require_POST
def criteria(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    session, actor, at = opened(request, visit_id, "U")

    def act() -> None:
        form = reader(request)
        facts = forms.criteria(form)
        form.done()
        release.record_criteria(session=session, facts=facts, words=form.text("words"), by=actor, at=at)

    again = visit_url(session.visit, "session-release")
    return answered(request, act, lambda refused: shown_page(request, session, refused, "criteria"), again)


@guarded("discharge", "S")
@require_POST
def leave(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    session, actor, at = opened(request, visit_id, "S", "discharge")

    def act() -> None:
        form = reader(request)
        left_at = form.moment("left_at", at, actor.zone, session.started_at)
        form.done()
        release.let_go(session=session, by=actor, at=at, why_not=why_not(form), left_at=left_at)

    again = visit_url(session.visit, "session-release")
    return answered(request, act, lambda refused: shown_page(request, session, refused, "leave"), again)


def why_not(form: forms.Reader) -> release.WhyNot:
    return release.WhyNot(form.text("why_not"), form.text("why_not_words"))


@guarded("ledger", "C")
@require_POST
def waste(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """The witness signs in here and now, on this form, beside the person who wastes (L3)."""
    session, actor, at = opened(request, visit_id, "C", "ledger")

    def act() -> None:
        form = reader(request)
        witness = pharmacy.witness_of(actor, form.text("witness"), form.typed.get("witness_password", ""))
        release.waste_rest(
            session=session, vial_too=form.text("vial") == "waste", method=form.text("method"), witness=witness,
            by=actor, at=at,
        )  # fmt: skip

    again = visit_url(session.visit, "session-release") + "#drug"
    return answered(request, act, lambda refused: shown_page(request, session, refused, "drug"), again)


@guarded("session", "S")
@require_POST
def close(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    session, actor, at = opened(request, visit_id, "S")

    def act() -> None:
        form = reader(request)
        why = {column.id: form.text(f"why_{column.id}") for column in closing.unexplained(session)}
        release.close(session=session, why=why, why_rest=form.text("why_rest"), by=actor, at=at)

    return answered(
        request, act, lambda refused: shown_page(request, session, refused, "close"), visit_url(session.visit, "note")
    )
