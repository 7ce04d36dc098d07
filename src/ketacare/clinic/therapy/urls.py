"""Therapy: the course, preparation, sitting, integration, goals, small acts, and what is one person's alone."""

from __future__ import annotations

from django.urls import path

from ketacare.clinic.therapy.views import course, goals, homework, integration, preparing, private, relapse, sitting

urlpatterns = [
    path("patients/<uuid:patient_id>/therapy/", course.therapy_course, name="therapy-course"),
    path("patients/<uuid:patient_id>/therapy/preparation/", preparing.preparation, name="preparation"),
    path("patients/<uuid:patient_id>/therapy/prepared/", preparing.prepared, name="prepared"),
    path("patients/<uuid:patient_id>/therapy/goals/", goals.goals, name="goals"),
    path("patients/<uuid:patient_id>/therapy/small-acts/", homework.patient_homework, name="patient-homework"),
    path("patients/<uuid:patient_id>/therapy/staying-well/", relapse.relapse_plan, name="relapse-plan"),
    path("patients/<uuid:patient_id>/private-notes/", private.private_notes, name="private-notes"),
    path("therapy/<uuid:visit_id>/", integration.integration, name="therapy"),
    path("therapy/<uuid:visit_id>/missed/", integration.window_missed, name="window-missed"),
    path("therapy/<uuid:visit_id>/sitting/", sitting.sitting, name="sitting"),
    path("h/<str:token>/", homework.homework, name="homework"),
    path("h/<str:token>/help/", homework.homework_help, name="homework-help"),
    path("h/<str:token>/fresh/", homework.homework_fresh, name="homework-fresh"),
    path("h/<str:token>/not-mine/", homework.homework_not_mine, name="homework-not-mine"),
    path("h/<str:token>/language/", homework.homework_language, name="homework-language"),
    path("me/journal/", private.journal, name="me-journal"),
    path("me/journal/share/", private.journal_share, name="me-journal-share"),
    path("me/small-acts/", homework.my_homework, name="me-homework"),
    path("me/staying-well/", relapse.my_relapse_plan, name="me-staying-well"),
]
