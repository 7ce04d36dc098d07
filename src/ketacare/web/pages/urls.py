from django.urls import path

from ketacare.web.pages import chart, me, outcome, patients

urlpatterns = [
    path("patients/", patients.patients, name="patients"),
    path("patients/<uuid:patient_id>/", chart.chart, name="patient"),
    path("patients/<uuid:patient_id>/outcome/", outcome.outcome, name="outcome"),
    path("me/", me.me, name="me"),
]
