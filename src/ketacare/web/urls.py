"""Every room's routes, found by name; the pages that draw on many rooms live in web."""

from __future__ import annotations

from importlib.util import find_spec

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from ketacare.web import forgotten, health, home, sign_ins

ROOM_MODULES = [
    *[f"ketacare.clinic.{room}.urls" for room in settings.ROOMS],
    *[f"ketacare.exchange.{room}.urls" for room in settings.EXCHANGE_ROOMS],
    "ketacare.web.pages.urls",
    "ketacare.web.styleguide.urls",
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("post/", home.choose_post, name="choose-post"),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("sign-ins/", sign_ins.sign_ins, name="sign-ins"),
    path("sign-ins/end/", sign_ins.end_sign_ins, name="sign-ins-end"),
    path("sign-ins/awake/", sign_ins.awake, name="awake"),
    path("account/sessions/", RedirectView.as_view(pattern_name="sign-ins")),  # allauth's own list leaves no audit line
    path("account/password/reset/", forgotten.forgotten, name="account_reset_password"),
    path("account/password/reset/<path:rest>", RedirectView.as_view(url="/account/password/reset/")),
    path("account/2fa/authenticate/", sign_ins.second_step, name="mfa_authenticate"),
    path("account/", include("allauth.urls")),
    *[
        path("", include(module))
        for module in ROOM_MODULES
        if find_spec(module.rsplit(".", 1)[0]) and find_spec(module)
    ],
]

handler400 = "ketacare.web.errors.bad_request"
handler404 = "ketacare.web.errors.not_here"
handler500 = "ketacare.web.errors.server_error"
