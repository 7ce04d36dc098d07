"""A patient's course, the site's capacity, and the link of a reminder."""

from __future__ import annotations

from django.urls import path

from ketacare.clinic.planning import views

urlpatterns = [
    path("patients/<uuid:patient_id>/course/", views.course, name="course"),
    path("patients/<uuid:patient_id>/course/pause/", views.course_pause, name="course-pause"),
    path("r/<str:token>/", views.reminder, name="reminder"),
    path("r/<str:token>/help/", views.reminder_help, name="reminder-help"),
    path("r/<str:token>/not-mine/", views.reminder_not_mine, name="reminder-not-mine"),
    path("r/<str:token>/language/", views.reminder_language, name="reminder-language"),
    path("planning/book/", views.book_visit, name="book-visit"),
    path("planning/capacity/", views.capacity_board, name="capacity"),
]
