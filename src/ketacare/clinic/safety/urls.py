"""Concerns, the on-call roster, the standing flag, emergencies."""

from __future__ import annotations

from django.urls import path

from ketacare.clinic.safety.views import concerns, emergency, flags, help, receipts, roster

urlpatterns = [
    path("concerns/", concerns.concerns, name="concerns"),
    path("concerns/receipts/", receipts.take, name="concern-receipt"),
    path("concerns/<uuid:concern_id>/", concerns.concern, name="concern"),
    path("concerns/<uuid:concern_id>/seen/", concerns.seen, name="concern-seen"),
    path("concerns/<uuid:concern_id>/decide/", concerns.decide, name="concern-decide"),
    path("patients/<uuid:patient_id>/risk-flag/", flags.risk_flag, name="risk-flag"),
    path("patients/<uuid:patient_id>/risk-flag/lower/", flags.lower, name="risk-flag-lower"),
    path("patients/<uuid:patient_id>/emergency/", emergency.open_in_emergency, name="emergency-open"),
    path("emergencies/", emergency.emergencies, name="emergencies"),
    path("emergencies/<uuid:glass_id>/", emergency.emergency, name="emergency"),
    path("emergencies/<uuid:glass_id>/review/", emergency.review_emergency, name="emergency-review"),
    path("clinic/crisis-help/", help.crisis_help, name="crisis-help"),
    path("clinic/crisis-help/set/", help.set_crisis_help, name="crisis-help-set"),
    path("on-call/", roster.on_call, name="on-call"),
    path("on-call/offer/", roster.offer, name="on-call-offer"),
    path("on-call/take/", roster.take, name="on-call-take"),
    path("on-call/<uuid:shift_id>/end/", roster.end, name="on-call-end"),
]
