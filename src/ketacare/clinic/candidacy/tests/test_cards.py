"""The evaluation as it is read: the reasons in the order that was asked for, and each weak figure marked as one."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from itertools import groupby

import pytest
from django.urls import reverse

from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.tests.factories import ANEURYSM, a_trial, an_answer, held_back, some_medicines
from ketacare.clinic.people.tests.factories import AT, browser
from ketacare.medicine.evidence.terms import Grade

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(minutes=5)
MARK = '<span class="evidence__mark">unconfirmed</span>'


@pytest.fixture
def read(patient, prescriber, monkeypatch):
    """A page of the evaluation as the prescriber has it a little later."""
    monkeypatch.setattr("ketacare.web.clock.now", lambda: LATER)
    client = browser(prescriber)

    def page(route: str = "evaluation", *more: object, whole: bool = False, evidence: str = "") -> str:
        path = reverse(route, args=[patient.pk, *more]) + ("?answer=all" if whole else "")
        path += f"&evidence={evidence}" if evidence else ""
        return client.get(path).content.decode()

    return page


def so_far(patient):
    return queries.answer_so_far(patient, at=LATER, zone="America/New_York")


def parts(page: str, tag: str, begins: str) -> list[str]:
    """What each element of this kind that begins so holds, up to the next end of its kind."""
    return [part.partition(f"</{tag}>")[0] for part in page.split(f"<{tag}{begins}")[1:]]


def test_cards_stand_in_order_stops_then_clearance_then_not_known_and_not_met_last(patient, nurse, read):
    an_answer(patient, nurse, name=ANEURYSM, answer="yes")
    held_back(patient, nurse)
    page = read(whole=True).partition('<div id="answer"')[2]
    places = [page.index(f"<h3>{title} <") for title in ("Stops", "Needs clearance", "Not known", "Not met")]
    assert places == sorted(places)
    kinds = [kind for kind, _ in groupby(re.findall(r'class="criterion criterion--([a-z-]+)"', page))]
    assert kinds[:3] == ["stops", "clearance", "unknown"]
    assert kinds[-1] == "not-met"
    assert len(kinds) == len(set(kinds)), "a card stands among others of its kind"


def test_every_card_has_its_evidence_and_a_name_without_one_leads_to_it_opened(patient, nurse, read):
    an_answer(patient, nurse, name=ANEURYSM, answer="yes")
    cards = whole_cards(read(whole=True))
    assert len(cards) > 50
    for card in cards:
        told = card.partition('<details class="evidence">')[2].partition("</summary>")[2]
        assert '<p class="small">' in told, card[:200]
        assert 'class="grade"' in told, card[:200]
    page = read()
    named = re.findall(r'<li><a href="([^"]+)#c-([^"]+)"', page)
    assert len(named) + len(whole_cards(page)) == len(cards)
    path, criterion = named[-1]
    assert f"evidence={criterion}" in path
    cards = whole_cards(read(whole=True, evidence=criterion))
    (opened,) = [card for card in cards if '<details class="evidence" open>' in card]
    assert f'criterion__id">{criterion}<' in opened


def whole_cards(page: str) -> list[str]:
    return [card.partition("</details>")[0] for card in page.split('<li class="criterion ')[1:]]


def test_every_card_that_rests_on_an_unconfirmed_figure_is_marked_and_no_other(patient, nurse, read):
    an_answer(patient, nurse)
    weak = [reason.criterion for reason in so_far(patient).decision.reasons if reason.grade is Grade.M]
    cards = parts(read(whole=True), "li", ' class="criterion ')
    marked = [re.search(r'class="criterion__id">([^<]+)<', card)[1] for card in cards if MARK in card]
    assert 5 < len(weak) < len(cards), "some are, and not all"
    assert sorted(marked) == sorted(weak)


def test_a_medicine_whose_row_is_unconfirmed_is_marked_in_the_list_and_where_it_says_why(patient, nurse, read):
    told = some_medicines(patient, nurse, "clonidine", "lorazepam").medicines
    rows = parts(read(), "li", ' class="medicine"')
    for entry, says in ((entry, entry.name == "clonidine") for entry in told):
        (row,) = [row for row in rows if str(entry.key) in row]
        assert (MARK in row) is says, entry.name
        assert (MARK in read("medicine", entry.key)) is says, entry.name
        why = read("medicine-why", entry.key).partition('data-part="why"')[2]
        assert (f"{Grade.M}</abbr> {Grade.M.words}" in why) is says, entry.name


def test_a_trial_held_against_an_unconfirmed_dose_is_marked_and_so_is_each_such_figure(patient, nurse, read):
    weak = a_trial(patient, nurse, medicine="fluvoxamine", dose_mg=Decimal(150))
    sure = a_trial(patient, nurse, medicine="sertraline", dose_mg=Decimal(100))
    page = read()
    for row, is_weak in ((weak, True), (sure, False)):
        drawn = page.partition(f'id="trial-{row.pk}"')[2].partition("</tbody>")[0]
        assert (MARK in drawn) is is_weak, row.medicine
        figures = parts(read("trial", row.pk).partition('data-part="figures"')[2].partition("</div>")[0], "li", ">")
    assert any(MARK in figure for figure in figures), "the largest dose is recalled"
    assert all((MARK in figure) is (">M</abbr>" in figure) for figure in figures)
