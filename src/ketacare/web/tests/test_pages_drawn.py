"""What is made of a template: escaped as ever, and nothing of a page left behind for a later search for rings."""

import gc
import weakref

import pytest
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy
from jinja2 import DictLoader
from markupsafe import Markup, escape

from ketacare.web.jinja import environment, written

WORDS = '<b>R & D</b> "it\'s"'
PAGES = {
    "parts": (
        "{% macro line(x) %}<i>{{ x }}</i>{% endmacro %}{% macro twice(x) %}{{ line(x) }}{{ line(x) }}{% endmacro %}"
    ),
    "mine": "{% macro told() %}{{ given.words }}{% endmacro %}",
    "base": "<h1>{% block title %}{% endblock %}</h1>{% block main %}{% endblock %}",
    "page": (
        '{% extends "base" %}{% from "parts" import twice %}{% import "mine" as mine with context %}'
        "{% block title %}{{ given.words }}{% endblock %}"
        "{% block main %}{{ twice(given.words) }}{{ mine.told() }}"
        "{% set kept %}<p>{{ given.words }}</p>{% endset %}{{ kept }}"
        "{{ [given.words, given.words]|join('<br>'|safe) }}{% include 'foot' %}{% endblock %}"
    ),
    "foot": '{% from "parts" import line %}{{ line(3) }}{{ none }}{{ given.words|upper }}',
}


@pytest.mark.parametrize(
    "value",
    ["", WORDS, Markup("<i>x</i>"), mark_safe("<i>x</i>"), gettext_lazy("<i>"), 3, 2.5, None, True, ["<"]],
)
def test_a_value_is_written_as_it_is_escaped(value):
    assert written(value) == escape(value)


class Given:
    words = WORDS


def test_a_page_is_drawn_escaped_again_and_again_and_lets_go_of_what_it_was_given():
    pages = environment(autoescape=True, loader=DictLoader(PAGES))
    told = str(escape(WORDS))
    loud = str(escape(WORDS.upper()))
    main = f"<i>{told}</i><i>{told}</i>{told}<p>{told}</p>{told}<br>{told}"
    whole = f"<h1>{told}</h1>{main}<i>3</i>None{loud}"
    was_on = gc.isenabled()
    gc.disable()
    try:
        for _ in range(3):  # what a template keeps without a context is used again
            given = Given()
            gone = weakref.ref(given)
            assert pages.get_template("page").render(given=given) == whole
            del given
            assert gone() is None
    finally:
        if was_on:
            gc.enable()


def test_a_page_that_cannot_be_drawn_lets_go_as_well():
    pages = environment(autoescape=True, loader=DictLoader({"page": "{{ given.words }}{{ 1 / 0 }}"}))
    with pytest.raises(ZeroDivisionError):
        pages.get_template("page").render(given=Given())
    assert pages.from_string("{{ x }}").render(x="<") == "&lt;"
