"""Whose wording stands here: the licence of every scale, and the owner's text loaded by the medical director."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from ketacare.clinic.outcomes import actions, queries
from ketacare.clinic.people.access import NotHere, actor_of, confirm, guarded, may, moment_of
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.outcomes import reader
from ketacare.medicine.outcomes.terms import Wording

STANDING = {
    Wording.SHIPPED: "Words ship",
    Wording.PACK: "Non-commercial pack",
    Wording.OWNER: "By number",
    Wording.TOTAL: "Total alone",
    Wording.NEVER: "Never in words",
}
HEADINGS = {
    Wording.PACK: "Words in a pack of their own, non-commercial, off until adopted",
    Wording.OWNER: "By number, until the owner's text is loaded",
    Wording.TOTAL: "The total alone, until the owner's text is loaded",
    Wording.SHIPPED: "Words that ship",
    Wording.NEVER: "Never in words",
}


@require_GET
@guarded("protocols", "R")
def scale_texts(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    loaded = list(queries.texts(actor.organisation_id))
    rows = [
        (sheet, STANDING[sheet.licence.wording], [row for row in loaded if row.instrument == sheet.id])
        for sheet in sorted(map(reader.instrument, reader.INSTRUMENTS), key=lambda sheet: sheet.name.casefold())
    ]
    groups = [
        (words, [row for row in rows if row[0].licence.wording is wording]) for wording, words in HEADINGS.items()
    ]
    shown = {"groups": groups, "may_load": may(actor, "protocols", "A"), "never": Wording.NEVER}
    return render(request, "outcomes/scale_texts.jinja", shown)


@require_http_methods(["GET", "POST"])
@guarded("protocols", "A")
def scale_text(request: HttpRequest, scale: str) -> HttpResponse:
    """GET shows what is loaded and the form; POST loads, adopts the shipped pack, or withdraws."""
    confirm(request)
    if scale not in reader.INSTRUMENTS or reader.instrument(scale).licence.wording is Wording.NEVER:
        raise NotHere
    if request.method == "GET":
        return page(request, scale)
    try:
        act(request, scale)
    except Refused as refused:
        return page(request, scale, refused)
    return HttpResponseRedirect(reverse("scale-texts"))


def act(request: HttpRequest, scale: str) -> None:
    actor, at = actor_of(request), moment_of(request)
    words = request.POST.get("words", "")
    if leaving := request.POST.get("withdraw"):
        row = queries.texts(actor.organisation_id).filter(instrument=scale, language=leaving).first()
        if row is None:
            raise NotHere
        actions.withdraw_text(row=row, words=words, by=actor, at=at)
        return
    is_pack = "adopt" in request.POST and scale in reader.shipped_packs()
    text = reader.shipped_text(scale) if is_pack else request.POST.get("text", "")
    is_licensed = request.POST.get("is_licensed") == "on"
    actions.load_text(scale=scale, text=text, words=words, is_licensed=is_licensed, by=actor, at=at)


def page(request: HttpRequest, scale: str, refused: Refused | None = None) -> HttpResponse:
    sheet = reader.instrument(scale)
    shown = {
        "sheet": sheet,
        "loaded": list(queries.texts(actor_of(request).organisation_id).filter(instrument=scale)),
        "pack": reader.shipped_packs().get(scale),
        "example": example(scale),
        "typed": request.POST if refused else {},
        "refusals": refused.refusals if refused else [],
    }
    return render(request, "outcomes/scale_text.jinja", shown, status=refused.status if refused else 200)


def example(scale: str) -> str:
    """The file to fill in, with the items and codes of this scale."""
    sheet = reader.instrument(scale)
    head = ["[text]", f'instrument = "{scale}"', 'language = "en"', 'edition = ""', 'owner = ""', 'licence = ""']
    items = [f'{item.id} = ""' for item in sheet.items]
    answers = [f"{item.id} = [{', '.join(chr(34) * 2 for _ in item.codes)}]" for item in sheet.items[:1]]
    return "\n".join([*head, 'attribution = ""', 'stem = ""', "", "[items]", *items, "", "[answers]", *answers])
