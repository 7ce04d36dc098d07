from django.urls import path

from ketacare.web.pages import chart, me, outcome, patients, team

urlpatterns = [
    path("patients/", patients.patients, name="patients"),
    path("patients/<uuid:patient_id>/", chart.chart, name="patient"),
    path("patients/<uuid:patient_id>/outcome/", outcome.outcome, name="outcome"),
    path("patients/<uuid:patient_id>/therapist/", team.assign_therapist, name="assign-therapist"),
    path("patients/<uuid:patient_id>/team/<uuid:relation_id>/end/", team.end_assignment, name="end-assignment"),
    path("me/", me.me, name="me"),
]
