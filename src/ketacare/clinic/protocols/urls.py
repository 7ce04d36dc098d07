from django.urls import path

from ketacare.clinic.protocols import views

urlpatterns = [
    path("protocols/", views.protocols, name="protocols"),
    path("protocols/<slug:sheet_id>/", views.sheet, name="protocol-sheet"),
    path("protocols/<slug:sheet_id>/adopt", views.adopt, name="protocol-adopt"),
    path("protocols/<slug:sheet_id>/withdraw", views.withdraw, name="protocol-withdraw"),
]
