from django.urls import path

from ketacare.web.pages import chart, patients

urlpatterns = [
    path("patients/", patients.patients, name="patients"),
    path("patients/<uuid:patient_id>/", chart.chart, name="patient"),
]
