from django.urls import path

from ketacare.web.styleguide import views

urlpatterns = [
    path("styleguide/", views.styleguide, name="styleguide"),
    path("styleguide/paper/", views.styleguide_paper, name="styleguide-paper"),
    path("styleguide/phone/<slug:screen>/", views.styleguide_phone, name="styleguide-phone"),
]
