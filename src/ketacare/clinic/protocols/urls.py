from django.urls import path

from ketacare.clinic.protocols.views import deciding, sheets

urlpatterns = [
    path("protocols/", sheets.protocols, name="protocols"),
    path("protocols/<slug:sheet_id>/", sheets.sheet, name="protocol-sheet"),
    path("protocols/<slug:sheet_id>/differences", sheets.differences, name="protocol-differences"),
    path("protocols/<slug:sheet_id>/cases", sheets.cases, name="protocol-cases"),
    path("protocols/<slug:sheet_id>/history", sheets.history, name="protocol-history"),
    path("protocols/<slug:sheet_id>/adopt", deciding.adopt, name="protocol-adopt"),
    path("protocols/<slug:sheet_id>/amend", deciding.amend, name="protocol-amend"),
    path("protocols/<slug:sheet_id>/roll-back", deciding.roll_back, name="protocol-roll-back"),
    path("protocols/<slug:sheet_id>/withdraw", deciding.withdraw, name="protocol-withdraw"),
]
