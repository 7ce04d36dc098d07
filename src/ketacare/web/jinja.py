"""The Jinja environment: what every template can say without being told."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from jinja2 import Environment, Template, pass_context
from jinja2.compiler import CodeGenerator
from jinja2.environment import TemplateModule
from jinja2.runtime import Context
from markupsafe import Markup, escape
from markupsafe import _escape_inner as escape_inner  # type: ignore[attr-defined]  # what escape calls, without a wrapper

from ketacare.clinic.people.access import Actor, may
from ketacare.clinic.people.models import Contact
from ketacare.clinic.tenancy.models import Clinic
from ketacare.medicine.evidence.rules import inside
from ketacare.medicine.safety.telephone import dialled
from ketacare.web.error_words import ENGLISH
from ketacare.web.navigation import navigation


def written(value: Any) -> str:
    """What stands on the page for a value: escaped, unless it is markup. Each is a piece of one long text, so a plain
    one is not wrapped as markup first, which on a page of three thousand pieces is a twentieth of its time."""
    kind = type(value)
    if kind is str:
        return escape_inner(value)
    return value if kind is Markup else escape(value)


class Pieces(CodeGenerator):
    """In what is made of a template, what escapes a value where it is put out is ours; filters keep their own."""

    def write_commons(self) -> None:
        super().write_commons()
        self.writeline("escape = environment.written")


_being_drawn: ContextVar[list[Context] | None] = ContextVar("being drawn", default=None)


class Page(Template):
    """A template that lets go of what it was given as soon as it is drawn.

    What a page was drawn from, thousands of values, hangs on contexts that its macros hold and that hold its macros.
    Left like that it stays until somebody searches for such rings, in the middle of some later page. A module without a
    context is kept by its template for good and is let be.
    """

    def render(self, *args: Any, **kwargs: Any) -> str:
        drawn = list[Context]()
        token = _being_drawn.set(drawn)
        try:
            return super().render(*args, **kwargs)
        finally:
            _being_drawn.reset(token)
            for context in drawn:
                context.vars.clear()
                context.parent.clear()
                context.blocks.clear()

    def new_context(self, *args: Any, **kwargs: Any) -> Context:
        context = super().new_context(*args, **kwargs)
        drawn = _being_drawn.get()
        if drawn is not None:
            drawn.append(context)
        return context

    def make_module(self, vars: dict[str, Any] | None = None, *args: Any, **kwargs: Any) -> TemplateModule:
        if vars:
            return super().make_module(vars, *args, **kwargs)
        token = _being_drawn.set(None)
        try:
            return super().make_module(vars, *args, **kwargs)
        finally:
            _being_drawn.reset(token)


class Pages(Environment):
    code_generator_class = Pieces
    template_class = Page
    written = staticmethod(written)


def environment(**options: Any) -> Environment:
    options.update(trim_blocks=True, lstrip_blocks=True)
    env = Pages(**options)  # the backend passes autoescape=True
    env.globals.update(
        url=url,
        static=static,
        once_field=once_field,
        csrf_field=csrf_field,
        drawn_once=drawn_once,
        may=may,
        wishes=wishes,
        error_words=ENGLISH,
    )
    env.filters.update(clock=clock, day=day, weekday=weekday, moment=moment, ago=ago, qty=qty, decimal=written_decimal)
    env.filters.update(inside=inside, dialled=dialled)
    return env


def url(name: str, *args: Any, **kwargs: Any) -> str:
    """The path of a route. A long page asks for hundreds that differ in a record alone: these are only filled in."""
    if kwargs or not all(isinstance(arg, uuid.UUID) for arg in args):
        return reverse(name, args=args or None, kwargs=kwargs or None)
    return route_with_places(name, len(args)).format(*args)


@cache
def route_with_places(name: str, count: int) -> str:
    """The path of a route that takes so many records, with a place for each."""
    stand_ins = [uuid.UUID(int=number + 1) for number in range(count)]
    path = reverse(name, args=stand_ins or None)
    for stand_in in stand_ins:
        path = path.replace(str(stand_in), "{}")
    return path


def once_field() -> Markup:
    """A fresh one-time key for a form."""
    return Markup('<input type="hidden" name="once" value="{}">').format(uuid.uuid4())


def wishes(contact: Contact | None) -> list[tuple[str, str]]:
    """What somebody asked us to mind when we call, if they spoke of it."""
    if contact is None:
        return []
    told = (("Say who calls", contact.shown_as), ("Do not call", contact.quiet), ("Else call", contact.other_person))
    return [(label, words) for label, words in told if words]


@pass_context
def csrf_field(context: Context) -> Markup:
    """Masked once a page: its forms share the mask, pages do not."""
    request = context.get("request")
    written: Markup | None = getattr(request, "csrf_written", None)
    if written is None:
        written = Markup(context.get("csrf_input") or "")  # noqa: S704 - made by Django, not by a person
        if request is not None:
            request.csrf_written = written
    return written


_ONCE = re.compile(r'(?<=name="once" value=")[0-9a-f-]{36}(?=")')
_MOST_DRAWN = 64
_drawn: dict[tuple[object, ...], list[str]] = {}


@pass_context
def drawn_once(context: Context, kind: tuple[object, ...], *about: object, caller: Callable[[], Markup]) -> Markup:
    """A form in which nobody has typed yet is the same for everybody, but for whom it is about (the keys `about`, as
    its address has them), its one-time key and its token: it is drawn once, and those three are filled in.

    `kind` names everything else that it depends on; an empty one is drawn anew each time. Nothing that is known of
    anybody may stand in it.
    """
    filled = [str(csrf_field(context)), *map(str, about)]
    if not kind or not all(filled):
        return caller()
    parts = _drawn.get(kind)
    if parts is None:
        if len(_drawn) >= _MOST_DRAWN:
            _drawn.clear()
        parts = _drawn[kind] = parted(str(caller()), filled)
    told = [part if place % 2 == 0 else filling(part, filled) for place, part in enumerate(parts)]
    return Markup("".join(told))  # noqa: S704 - what the template drew, with keys and token of ours


def parted(html: str, places: list[str]) -> list[str]:
    """By turns what stays and the number of what is filled in; an empty number is the one-time key."""
    pieces = "|".join([f"({re.escape(place)})" for place in places])
    found, end = list[str](), 0
    for match in re.finditer(f"{_ONCE.pattern}|{pieces}", html):
        found += [html[end : match.start()], "" if match.lastindex is None else str(match.lastindex - 1)]
        end = match.end()
    return [*found, html[end:]]


def filling(part: str, filled: list[str]) -> str:
    return filled[int(part)] if part else str(uuid.uuid4())


def context_for_every_page(request: HttpRequest) -> dict[str, Any]:
    """What the frame of a page needs; nothing here is about a patient."""
    actor = getattr(request, "actor", None)
    clinic: Clinic | None = getattr(request, "link_clinic", None)  # where a link, not a person, says whose page this is
    if clinic is None and actor:
        clinic = getattr(request, "clinic", None)
        if clinic is None or clinic.pk != actor.clinic_id:
            clinic = Clinic.objects.filter(pk=actor.clinic_id).first()
    return {
        "actor": actor,
        "at": getattr(request, "at", None),
        "zone": clinic.zone if clinic else "UTC",
        "nav": navigation(actor, request.path),
        "clinic_name": clinic.name if clinic else "",
        "training": bool(clinic and clinic.is_training),
        "sign_out_url": reverse("account_logout"),
        "idle_minutes": idle_minutes(actor) if actor else None,
        "theme": request.COOKIES.get("theme", "day"),
    }


def idle_minutes(actor: Actor) -> int:
    """After how long without a touch it is asked again who sits there (K4)."""
    return settings.IDLE_MINUTES.get(actor.role, settings.IDLE_MINUTES_DEFAULT)


def local(context: Context, value: datetime) -> datetime:
    return value.astimezone(ZoneInfo(context.get("zone") or "UTC"))


@pass_context
def clock(context: Context, value: datetime | None, seconds: bool = False) -> str:
    """14:05 in the clinic's zone."""
    if value is None:
        return "not known"
    return local(context, value).strftime("%H:%M:%S" if seconds else "%H:%M")


@pass_context
def day(context: Context, value: datetime | date | None) -> str:
    """14-Jul-2026."""
    if value is None:
        return "not known"
    return (local(context, value) if isinstance(value, datetime) else value).strftime("%d-%b-%Y")


@pass_context
def weekday(context: Context, value: datetime | date) -> str:
    """Tue, before a date that somebody must keep."""
    return (local(context, value) if isinstance(value, datetime) else value).strftime("%a")


@pass_context
def moment(context: Context, value: datetime | None) -> str:
    """14-Jul-2026 14:05."""
    return "not known" if value is None else local(context, value).strftime("%d-%b-%Y %H:%M")


def ago(seconds: float) -> str:
    """An age a reader takes in at once: 12 s, 4 min, 3 h, 2 d."""
    whole = int(seconds)
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if whole >= size * 2 or (unit == "min" and whole >= 60):
            return f"{whole // size} {unit}"
    return f"{whole} s"


def written_decimal(value: Decimal | int | float) -> str:
    """A number as a dose is written: leading zero, no trailing zero, comma from 1,000 (I13)."""
    number = Decimal(str(value))
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def qty(value: Decimal | int | float | None, unit: str) -> str:
    """A quantity with its unit, never one without the other."""
    return "not known" if value is None else f"{written_decimal(value)} {unit}"
