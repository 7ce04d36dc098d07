"""The care plan."""

from __future__ import annotations

from django.urls import path

from ketacare.clinic.careplan import views

HERE = "patients/<uuid:patient_id>/care-plan/"

urlpatterns = [
    path(HERE, views.care_plan, name="care-plan"),
    path(f"{HERE}sign/", views.sign, name="care-plan-sign"),
    path(f"{HERE}copy/", views.copy, name="care-plan-copy"),
    path(f"{HERE}versions/<int:version_number>/", views.version, name="care-plan-version"),
    path(f"{HERE}letters/<slug:addressee>/", views.write_letter, name="care-plan-letter"),
    path(f"{HERE}letters/<slug:addressee>.pdf", views.letter, name="care-plan-letter-pdf"),
    path("patients/<uuid:patient_id>/family-doctor/", views.family_doctor, name="family-doctor"),
]
