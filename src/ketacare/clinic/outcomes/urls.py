"""Check-ins by link, and the desk's side of them."""

from __future__ import annotations

from django.urls import path

from ketacare.clinic.outcomes.views import check_in, desk, messages, said, scales, texts

urlpatterns = [
    path("c/<str:token>/", check_in.check_in, name="check-in"),
    path("c/<str:token>/<int:step>/", check_in.step, name="check-in-step"),
    path("c/<str:token>/end/", check_in.end, name="check-in-end"),
    path("c/<str:token>/help/", check_in.help_page, name="check-in-help"),
    path("c/<str:token>/<int:step>/help/", check_in.crisis, name="check-in-crisis"),
    path("c/<str:token>/words/", check_in.own_words, name="check-in-words"),
    path("c/<str:token>/fresh/", check_in.fresh, name="check-in-fresh"),
    path("c/<str:token>/not-mine/", check_in.not_mine, name="check-in-not-mine"),
    path("c/<str:token>/language/", check_in.language, name="check-in-language"),
    path("c/<str:token>/print/", check_in.large_print, name="check-in-print"),
    path("m/<str:token>/", messages.stop, name="messages-stop"),
    path("messages/receipts/", messages.receipt, name="messages-receipt"),
    path("messages/bounces/", messages.bounce, name="messages-bounce"),
    path("messages/replies/", messages.reply, name="messages-reply"),
    path("concerns/<uuid:concern_id>/said/", said.concern_said, name="concern-said"),
    path("messages/<uuid:words_id>/read/", messages.seen, name="words-read"),
    path("patients/<uuid:patient_id>/messages/", messages.patient_messages, name="patient-messages"),
    path("visits/<uuid:visit_id>/check-ins/", desk.visit_check_ins, name="visit-check-ins"),
    path("check-ins/<uuid:ask_id>/new-link/", desk.new_link, name="check-in-new-link"),
    path("check-ins/<uuid:ask_id>/review/", desk.ask_review, name="ask-review"),
    path("check-ins/<uuid:ask_id>/call/", desk.call, name="check-in-call"),
    path("patients/<uuid:patient_id>/scales/", scales.patient_scales, name="patient-scales"),
    path("patients/<uuid:patient_id>/scales/<slug:scale>/", scales.patient_scale, name="patient-scale"),
    path("patients/<uuid:patient_id>/scales/<slug:scale>/wrong/", scales.wrong_score, name="patient-scale-wrong"),
    path("scales/", texts.scale_texts, name="scale-texts"),
    path("scales/<slug:scale>/text/", texts.scale_text, name="scale-text"),
    path("outbox/", desk.outbox, name="outbox"),
    path("outbox/<uuid:message_id>/sent/", desk.sent, name="outbox-sent"),
]
