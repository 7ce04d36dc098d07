"""Error pages: in Spanish for whoever reads Spanish, and there when nothing else is."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.http import QueryDict
from django.template import engines
from django.test import RequestFactory
from django.urls import reverse

from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import a_clinic, browser, someone
from ketacare.clinic.tenancy.actions import found_clinic
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.web import error_words, errors

SPANISH = {"HTTP_ACCEPT_LANGUAGE": "es-MX,en;q=0.5"}


class Away(dict[str, Any]):
    """A session whose database does not answer."""

    def get(self, *_: object) -> Any:
        raise OperationalError("gone")


def asked(session: object = None, **headers: str) -> Any:
    request = RequestFactory().get("/x/", **headers)
    if session is not None:
        request.session = session  # type: ignore[assignment]
    return request


def test_k2_no_password_is_given_back_in_clear():
    """Neither one's own nor that of a witness who typed it at somebody else's screen."""
    package = Path(errors.__file__).parents[1]
    found = [page.read_text() for page in package.glob("**/*.jinja")]
    names = {name for page in found for name in re.findall(r'field\("(\w+)"[^}]*type="password"', page)}
    assert {"password", "witness_password"} <= names
    for name in names:
        assert errors.sentences_in(QueryDict(f"{name}=correct+horse+battery&why=A+long+story")) == ["A long story"]


PAGES = {
    "400": (errors.bad_request, "No se pudo entender"),
    "403": (errors.not_allowed, "Su cuenta no permite esto"),
    "404": (errors.not_here, "No hay nada en esta dirección"),
    "500": (errors.server_error, "Algo falló por nuestra parte"),
    "429": (lambda request: errors.page(request, 429), "Demasiados intentos"),
    "503": (lambda request: errors.page(request, 503), "no está disponible ahora"),
    "csrf": (errors.csrf_failed, "demasiado antigua para enviarla"),
    "409": (lambda request: errors.page(request, 409, yours="A", theirs="B"), "Otra persona lo cambió"),
    "422": (lambda request: errors.page(request, 422, refusals=[{"rule": "R"}]), "Una cosa que revisar"),
}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("session", [None, {}, Away()], ids=["none", "empty", "away"])
def test_whoever_asks_for_spanish_reads_spanish_also_when_all_else_is_down(name: str, session: object) -> None:
    page, words = PAGES[name]
    text = page(asked(session, **SPANISH)).content.decode()
    assert '<html lang="es"' in text
    assert words in text
    assert "home page" not in text
    plain = page(asked(session)).content.decode()
    assert '<html lang="en"' in plain
    assert words not in plain


def test_what_was_chosen_on_the_own_pages_counts_for_more_than_the_browser() -> None:
    assert '<html lang="es"' in errors.not_here(asked({"me_language": "es"})).content.decode()
    assert '<html lang="en"' in errors.not_here(asked({"me_language": "en"}, **SPANISH)).content.decode()


def test_what_is_refused_above_a_form_is_said_in_spanish_too() -> None:
    request = asked({}, HTTP_HX_TARGET="form", **SPANISH)
    text = errors.refused(request, Refused(Refusal("name", "Falta.", "Escriba."))).content.decode()
    assert "Lo que escribió sigue aquí" in text


def test_every_word_is_there_in_both_languages() -> None:
    assert all(words["en"] and words["es"] for words in error_words.WORDS.values())


@pytest.mark.parametrize("key", ["text_429", "dosed_500", "text_503"])
def test_whoever_watches_somebody_is_told_in_both_languages_what_to_watch_with(key: str) -> None:
    assert all("monitor" in words for words in error_words.WORDS[key].values())


@pytest.mark.django_db
def test_a_page_that_is_not_theirs_keeps_the_menu_of_whoever_works_here() -> None:
    clinic = a_clinic()
    desk, own = browser(someone(clinic, Role.FD)), browser(someone(clinic, Role.PT))
    for path, status in (("/ledger/", 403), ("/nothing/", 404)):
        answer = desk.get(path)
        assert answer.status_code == status
        assert 'href="/patients/"' in answer.content.decode()
        assert 'href="/ledger/"' not in answer.content.decode(), "only what is theirs"
        assert "<nav" not in own.get(path).content.decode(), "a patient has pages of their own"


@pytest.mark.django_db
@pytest.mark.parametrize("is_training", [True, False])
def test_a_page_that_is_not_theirs_says_who_is_signed_in_and_whether_anybody_is_real(is_training: bool) -> None:
    here = a_clinic()
    clinic = found_clinic(organisation=here.organisation, name="South", zone=here.zone, is_training=is_training)
    answer = browser(someone(clinic, Role.FD, "Lee Ash")).get("/ledger/")
    assert answer.status_code == 403
    text = answer.content.decode()
    assert "Lee Ash" in text
    assert "front desk" in text
    assert f'href="{reverse("sign-ins")}"' in text
    assert "sign-out" not in text, "what signing out owes a shared screen needs the whole frame"
    assert ("Training clinic" in text) is is_training


def test_the_age_of_the_data_stands_only_where_the_page_is_kept_true() -> None:
    page = """{% import "components.jinja" as ui with context %}{{ ui.patient_header(p, session=s) }}"""
    header = engines["jinja"].from_string(page)
    shown = {"p": {"family": "Reed", "given": "Jo"}, "s": {"drug": "Ketamine", "age_seconds": None}}
    assert "Data age" not in str(header.render(shown))
    assert "Data age" in str(header.render(shown | {"live": "/live/stream?ticket=t"}))
