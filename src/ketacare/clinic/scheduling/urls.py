"""Planning: the calendar, one visit, a day planned anew, who waits, resources, calendar feeds."""

from __future__ import annotations

from django.urls import path

from ketacare.clinic.scheduling import views

urlpatterns = [
    path("planning/", views.planning, name="planning"),
    path("planning/resources/", views.resources, name="resources"),
    path("planning/replan/", views.replan_day, name="replan"),
    path("planning/waiting/", views.waiting, name="waiting"),
    path("visits/<uuid:visit_id>/planning/", views.visit_planning, name="visit-planning"),
    path("my-calendar/", views.my_calendar, name="my-calendar"),
    path("calendar/<str:token>.ics", views.calendar_feed, name="calendar-feed"),
]
