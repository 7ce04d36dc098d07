from django.urls import path

from ketacare.web.pages import audit, chart, me, outcome, patients, team

urlpatterns = [
    path("patients/", patients.patients, name="patients"),
    path("patients/<uuid:patient_id>/", chart.chart, name="patient"),
    path("patients/<uuid:patient_id>/outcome/", outcome.outcome, name="outcome"),
    path("patients/<uuid:patient_id>/therapist/", team.assign_therapist, name="assign-therapist"),
    path("patients/<uuid:patient_id>/team/<uuid:relation_id>/end/", team.end_assignment, name="end-assignment"),
    path("audit/", audit.lines, name="audit"),
    path("audit/verify/", audit.verify, name="audit-verify"),
    path("audit/lines.csv", audit.export, name="audit-export"),
    path("me/", me.me, name="me"),
    path("me/help/", me.call_help, name="me-help"),
]
