"""Who works here, and a patient's own pages."""

from __future__ import annotations

from django.urls import path

from ketacare.clinic.posts import views

urlpatterns = [
    path("posts/", views.posts, name="posts"),
    path("posts/ask/", views.ask, name="post-ask"),
    path("posts/asked/<uuid:asked_id>/", views.asked, name="post-asked"),
    path("posts/asked/<uuid:asked_id>/decide/", views.decide, name="post-decide"),
    path("posts/asked/<uuid:asked_id>/withdraw/", views.withdraw, name="post-withdraw"),
    path("posts/<uuid:post_id>/", views.post, name="post"),
    path("posts/<uuid:post_id>/licence/", views.licence, name="post-licence"),
    path("posts/<uuid:post_id>/end/", views.end, name="post-end"),
    path("patients/<uuid:patient_id>/own-pages/", views.own_pages, name="own-pages"),
    path("patients/<uuid:patient_id>/own-pages/open/", views.open_own_pages, name="own-pages-open"),
    path("patients/<uuid:patient_id>/own-pages/shut/", views.shut_own_pages, name="own-pages-shut"),
]
