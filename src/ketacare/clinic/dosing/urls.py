"""Addresses of the dosing room: one visit, one address; its acts beneath it."""

from __future__ import annotations

from django.urls import path

from ketacare.clinic.dosing.views import (
    alarms,
    chair,
    checking,
    corrections,
    drawing,
    events,
    note,
    orders,
    planning,
    preparing,
    reconciling,
    release,
    steps,
    wall,
)

VISIT = "sessions/<uuid:visit_id>/"

urlpatterns = [
    path("sessions/", preparing.sessions_today, name="sessions"),
    path(VISIT, chair.session, name="session"),
    path(f"{VISIT}check-in/", preparing.check_in, name="session-check-in"),
    path(f"{VISIT}readiness/<slug:item>/", preparing.answer, name="session-answer"),
    path(f"{VISIT}medicines/", reconciling.medicines_today, name="session-medicines"),
    path(f"{VISIT}vital-signs/", preparing.vitals_before, name="session-vitals"),
    path(f"{VISIT}weight/", preparing.weigh, name="session-weight"),
    path(f"{VISIT}decision/", preparing.decide, name="session-decide"),
    path(f"{VISIT}call-off/", preparing.call_off, name="session-call-off"),
    path(f"{VISIT}order/", orders.order, name="session-order"),
    path(f"{VISIT}planning/", planning.planning, name="session-planning"),
    path(f"{VISIT}prediction/", planning.prediction, name="session-prediction"),
    path(f"{VISIT}order/second/", orders.second_person, name="session-order-second"),
    path(f"{VISIT}label.pdf", drawing.label_pdf, name="session-label"),
    path(f"{VISIT}second/", checking.second_dose, name="session-second"),
    path(f"{VISIT}draw/", drawing.draw, name="session-draw"),
    path(f"{VISIT}draw/undo/", drawing.undo_draw, name="session-undo-draw"),
    path(f"{VISIT}double-check/", checking.double_check, name="session-double-check"),
    path(f"{VISIT}time-out/", checking.time_out, name="session-time-out"),
    path(f"{VISIT}start/", checking.start, name="session-start"),
    path(f"{VISIT}dose/", steps.dose_step, name="session-dose"),
    path(f"{VISIT}event/", events.event, name="session-event"),
    path(f"{VISIT}grid/", events.grid, name="session-grid"),
    path(f"{VISIT}skip/", events.skip, name="session-skip"),
    path(f"{VISIT}readings/", corrections.readings, name="session-readings"),
    path(f"{VISIT}readings/<int:reading_id>/amend/", corrections.amend_reading, name="session-reading-amend"),
    path(f"{VISIT}timeline/<uuid:entry_id>/undo/", corrections.undo, name="session-undo"),
    path(f"{VISIT}timeline/<uuid:entry_id>/amend/", corrections.amend, name="session-amend"),
    path(f"{VISIT}alarms/pause/", alarms.alarm_pause, name="session-alarm-pause"),
    path(f"{VISIT}alarms/<str:condition>/seen/", alarms.alarm_seen, name="session-alarm-seen"),
    path(f"{VISIT}monitor/", alarms.monitor, name="session-monitor"),
    path(f"{VISIT}release/", release.release_page, name="session-release"),
    path(f"{VISIT}release/criteria/", release.criteria, name="session-criteria"),
    path(f"{VISIT}release/leave/", release.leave, name="session-leave"),
    path(f"{VISIT}waste/", release.waste, name="session-waste"),
    path(f"{VISIT}close/", release.close, name="session-close"),
    path(f"{VISIT}note/", note.note, name="note"),
    path(f"{VISIT}note/draft/", note.draft, name="note-draft"),
    path(f"{VISIT}note/sign/", note.sign, name="note-sign"),
    path(f"{VISIT}note.pdf", note.note_pdf, name="note-pdf"),
    path("wall/", wall.wall, name="wall"),
]
