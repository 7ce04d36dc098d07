"""What a person may fill in on a page of ours, read the way a browser reads it: only what a form offers can be sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

Fields = Mapping[str, str | list[str]]
CHOSEN = ("radio", "checkbox")
FORM = re.compile(r"<form\b.*?</form>", re.DOTALL)


@dataclass
class Form:
    """The addresses a form can be sent to, what it sends untouched, and what each name can be."""

    actions: set[str] = field(default_factory=set)
    sends: dict[str, list[str]] = field(default_factory=dict)
    offers: dict[str, set[str] | None] = field(default_factory=dict)  # None: anything may be typed

    def offer(self, name: str, value: str) -> None:
        known = self.offers.setdefault(name, set())
        if known is not None:
            known.add(value)

    def typed_into(self, name: str, value: str) -> None:
        self.offers[name] = None
        self.sends.setdefault(name, []).append(value)

    def filled(self, entries: Fields) -> dict[str, list[str]]:
        """What is sent once these entries are made; an entry nobody could make is a fault of the page."""
        sent = {name: list(values) for name, values in self.sends.items()}
        for name, entry in entries.items():
            values = [entry] if isinstance(entry, str) else list(entry)
            offered = self.offers.get(name, set())
            assert offered is None or set(values) <= offered, f"{name}={values} is not offered, only {offered}"
            sent[name] = values
        return sent


class Reader(HTMLParser):
    """Collects the forms of one page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.open: Form | None = None
        self.writing: tuple[str, list[str]] | None = None
        self.select = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.open = Form({given.get("action", "")})
            self.forms.append(self.open)
        elif self.open is not None:
            self.control(self.open, tag, given)

    def control(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name, value = given.get("name", ""), given.get("value", "")
        match tag:
            case "input" if given.get("type") in CHOSEN:
                form.offer(name, value or "on")
                if "checked" in given:
                    form.sends.setdefault(name, []).append(value or "on")
            case "input" if given.get("type") == "hidden":
                form.offer(name, value)
                form.sends.setdefault(name, []).append(value)
            case "input":
                form.typed_into(name, value)
            case "textarea":
                self.writing = (name, [])
            case "select":
                self.select = name
            case "option" if self.select:
                form.offer(self.select, value)
                if "selected" in given or self.select not in form.sends:
                    form.sends[self.select] = [value]
            case "button":
                form.actions |= {given["formaction"]} if "formaction" in given else set()
                if name:
                    form.offer(name, value)

    def handle_data(self, data: str) -> None:
        if self.writing:
            self.writing[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "textarea" if self.writing and self.open:
                self.open.typed_into(self.writing[0], "".join(self.writing[1]))
                self.writing = None
            case "select":
                self.select = ""
            case "form":
                self.open = None


def form_for(page: str, path: str, entries: Fields) -> Form:
    """The form on this page that goes to `path` and in which all of these entries can be made."""
    reader = Reader()
    for written in FORM.findall(page):  # the rest of a long page offers nothing, and takes longest to read
        reader.feed(written)
    found = [form for form in reader.forms if path in form.actions and set(entries) <= set(form.offers)]
    offered = [(form.actions, sorted(form.offers)) for form in reader.forms]
    assert found, f"no form to {path} with {sorted(entries)} among {offered}"
    return next((form for form in found if fits(form, entries)), found[0])


def fits(form: Form, entries: Fields) -> bool:
    """Of several forms to one address, the one that offers these very values."""
    asked = {name: {entry} if isinstance(entry, str) else set(entry) for name, entry in entries.items()}
    return all((offered := form.offers[name]) is None or values <= offered for name, values in asked.items())
