"""Somebody who cannot sign in: what is true, whom to call, and that help needs no password."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_GET

from ketacare.clinic.links.pages import help_key, line_words
from ketacare.clinic.links.words import SHARED_PHRASES
from ketacare.clinic.people.access import public
from ketacare.clinic.tenancy.help import lines_here
from ketacare.clinic.tenancy.models import Clinic
from ketacare.medicine.safety.telephone import dialled


@require_GET
@public("says whom to call about a lost password; no mail is sent, and nothing is asked")
def forgotten(request: HttpRequest) -> HttpResponse:
    """In place of the package's own pages, which promise a mail: recovery is in person (K7)."""
    language = (translation.get_language() or "en")[:2]
    clinics = Clinic.objects.filter(is_training=False).exclude(telephone="").order_by("name")
    context = {
        "clinics": [(clinic.name, clinic.telephone, dialled(clinic.telephone)) for clinic in clinics],
        "lines": [(SHARED_PHRASES.say(language, help_key(line), **line_words(line)), line.dial)
                  for line in lines_here(language)],
    }  # fmt: skip
    return render(request, "account/password_reset.html", context, using="account")
