from django.urls import path

from ketacare.clinic.enrolment import views

urlpatterns = [
    path("referrals/", views.referrals, name="referrals"),
    path("referrals/new", views.new_referral, name="referral-new"),
    path("referrals/<uuid:referral_id>/", views.referral, name="referral"),
    path("referrals/<uuid:referral_id>/person", views.identify, name="referral-person"),
    path("referrals/<uuid:referral_id>/step", views.follow, name="referral-step"),
    path("referrals/<uuid:referral_id>/amend", views.amend, name="referral-amend"),
]
