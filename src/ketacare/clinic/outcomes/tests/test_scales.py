"""Scales entered by staff, who rated them, and the owners' words: Alice may, Bob may read, Charlie may not."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.http import QueryDict
from django.urls import reverse

from ketacare.clinic.duties.models import Duty
from ketacare.clinic.duties.tests.factories import AT, Place, place
from ketacare.clinic.outcomes import actions, forms, queries
from ketacare.clinic.outcomes.actions import Rater
from ketacare.clinic.outcomes.alike import told_apart
from ketacare.clinic.outcomes.forms import rating as typed_in
from ketacare.clinic.outcomes.models import Answers, Hidden, IndexEvent, Rating, ScaleText, Score, Source
from ketacare.clinic.outcomes.tests.factories import a_visit, the_asks
from ketacare.clinic.outcomes.views import scales
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.people.tests.factories import browser, just_confirmed, once
from ketacare.clinic.safety.models import Concern
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.outcomes import reader

pytestmark = pytest.mark.django_db
MADRS = {str(item): 2 for item in range(1, 10)} | {"10": 1}


@pytest.fixture
def here() -> Place:
    return place()


def rated(here: Place, scale: str = "madrs", answers: dict[str, int | None] | None = None, **changes: Any) -> Score:
    told = {
        "name": "Dr Ines Roth",
        "profession": "psychologist",
        "came": "video",
        "hidden": ("dose",),
        "edition": "1979",
    }
    arguments = {
        "patient": here.patient(),
        "scale": scale,
        "answers": MADRS if answers is None else answers,
        "rater": Rater(**told | changes.pop("rater", {})),
        "happened_at": AT,
        "by": here.staff(Role.RN),
        "at": AT,
    }
    return actions.rate(**arguments | changes)


def test_a_rating_keeps_who_rated_and_what_was_kept_from_them(here: Place) -> None:
    scored = rated(here)
    row = Rating.objects.get()
    assert (scored.total, scored.band, scored.instrument_version) == (19, "mild", reader.instrument("madrs").version)
    assert (row.who, row.hidden_words, row.edition) == ("Dr Ines Roth, psychologist", "blind to dose", "1979")
    assert (row.answers_id, row.by_total, row.answers.source) == (scored.answers_id, False, Source.RATER)


def test_a_colleague_rates_under_their_own_name(here: Place) -> None:
    user = User.objects.get(pk=here.staff(Role.RX).user_id)
    rated(here, rater={"user": user, "name": "", "hidden": (Hidden.NOTHING,), "profession": ""})
    row = Rating.objects.get()
    assert (row.rater, row.who, row.hidden_words) == (user, user.name, "not blinded")


def test_nobody_rates_themselves_and_no_machine_nor_desk_rates(here: Place) -> None:
    patient, page = here.patient(), browser(here.staff(Role.RN))
    users = {role: User.objects.get(pk=here.staff(role).user_id) for role in (Role.RX, Role.PT, Role.IC, Role.FD)}
    patient.user = users[Role.PT]
    patient.save()
    for scale, may in (("madrs", {Role.RX}), ("phq-9", {Role.RX, Role.FD})):
        shown = page.get(f"/patients/{patient.pk}/scales/{scale}/").content.decode()
        assert {role for role, user in users.items() if f'value="{user.pk}"' in shown} == may
    for wrong in (
        {"user": users[Role.PT]},
        {"user": users[Role.IC]},
        {"user": users[Role.FD]},
        {"name": "fernández-quill,  MARISOL"},
    ):
        with pytest.raises(Refused, match=r"does not rate|own name"):
            rated(here, patient=patient, rater=wrong)


def test_a_total_alone_with_what_must_be_seen_raises_its_concern(here: Place) -> None:
    scored = rated(here, "bdi-ii", {"total": 23, "9": 3}, rater={"came": "paper"})
    assert (scored.total, scored.band, scored.missing_items) == (23, "moderate", [])
    assert Rating.objects.get().by_total
    assert Answers.objects.get().source == Source.PATIENT
    assert [concern.reason_code for concern in Concern.objects.all()] == ["bdi-ii.9.now"]


def test_h13_a_total_from_a_form_that_does_not_show_the_item_about_suicide_says_so(here: Place) -> None:
    scored = rated(here, "bdi-ii", {"total": 41}, rater={"came": "paper", "unseen": True})
    assert (scored.total, Concern.objects.count()) == (41, 0)
    page = browser(here.staff(Role.RX)).get(reverse("patient-scales", args=[scored.patient_id])).content.decode()
    assert "total only, item about suicide not known" in page


@pytest.mark.parametrize(
    ("scale", "total", "raised", "is_owed"),
    [
        ("phq-9", 27, ["phq-9.9.now"], True),
        ("madrs", 60, ["madrs.10.now"], False),
        ("phq-9", 12, [], True),
        ("phq-9", 0, [], False),
    ],
)
def test_h13_with_the_item_unseen_the_total_settles_it_or_a_person_asks(
    here: Place, scale: str, total: int, raised: list[str], is_owed: bool
) -> None:
    rated(here, scale, {"total": total}, rater={"unseen": True})
    assert [one.reason_code for one in Concern.objects.all()] == raised
    owed = Duty.objects.filter(kind="interview.c-ssrs-since-last-visit", state="open")
    assert [duty.title for duty in owed] == ["Ask the C-SSRS"] * is_owed


def test_suicidal_thoughts_on_a_rating_left_unfinished_raise_a_concern(here: Place) -> None:
    scored = rated(here, answers={"10": 5})
    assert (scored.total, scored.band, len(scored.missing_items)) == (None, "", 9)
    assert [(one.tier, one.reason_code) for one in Concern.objects.all()] == [(1, "madrs.10.now")]


def test_a_form_that_leaves_items_out_by_itself_has_its_total(here: Place) -> None:
    answers = {str(item): 1 for item in range(1, 17) if item not in (7, 8)}
    scored = rated(here, "qids-sr16", answers, rater={"came": "in_person", "hidden": ()})
    assert (scored.total, scored.missing_items) == (9, [])
    assert Answers.objects.get().source == Source.CLINICIAN


@pytest.mark.parametrize(
    ("scale", "changes", "field"),
    [
        ("madrs", {"rater": {"name": ""}}, "rater"),
        ("madrs", {"rater": {"came": ""}}, "came"),
        ("madrs", {"rater": {"hidden": ()}}, "hidden"),
        ("madrs", {"rater": {"hidden": ("dose", "nothing")}}, "hidden"),
        ("madrs", {"rater": {"hidden": ("moon",)}}, "hidden"),
        ("madrs", {"rater": {"edition": ""}}, "edition"),
        ("madrs-24h", {"rater": {"carried": ("4", "11")}}, "carried"),
        ("madrs", {"happened_at": AT + timedelta(minutes=1)}, "happened_at"),
        ("madrs", {"happened_at": AT - timedelta(days=130 * 365)}, "happened_at"),
        ("madrs", {"answers": {"1": None}}, "total"),
        ("bdi-ii", {"answers": {"1": 2}}, "total"),
        ("bdi-ii", {"answers": {"total": 41}}, "item-9"),
        ("phq-9", {"answers": {"total": 27, "9": 0}}, "total"),
        ("phq-9", {"answers": {"total": 0, "9": 3}}, "total"),
        ("madrs", {"answers": {"total": 41}}, "item-10"),
        ("hamd-17", {"answers": {"total": 30}}, "item-3"),
        ("phq-9", {"answers": {"total": 22}}, "item-9"),
        ("qids-sr16", {"answers": {"total": 22}}, "item-12"),
        ("c-ssrs-screener", {"answers": {"1": 1}}, "scale"),
        ("phq-a", {"answers": {"1": 1}}, "scale"),
        ("madrs", {"answers": {"1": 7}}, "answer"),
    ],
)
def test_what_cannot_be_kept_names_its_field_and_nothing_is(here: Place, scale: str, changes: Any, field: str) -> None:
    with pytest.raises(Refused) as refused:
        rated(here, scale, **changes)
    assert [refusal.field for refusal in refused.value.refusals] == [field]
    assert not Score.objects.exists()


def test_who_may_not_enter_does_not(here: Place) -> None:
    with pytest.raises(NotAllowed):
        rated(here, by=here.staff(Role.MD))


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"edition": "2019, structured"}, "edition 2019, structured, rated blind"),
        ({"hidden": ("nothing",)}, "edition 1979, rated not blind"),
        ({"edition": "2019", "hidden": ("nothing",)}, "edition 2019, rated not blind"),
    ],
)
def test_scores_of_another_edition_or_rated_otherwise_are_not_compared(here: Place, other: Any, words: str) -> None:
    first = rated(here, rater=other, happened_at=AT - timedelta(days=14))
    patient = first.patient
    for days in (7, 0):
        rated(here, patient=patient, rater={"edition": " 1979"}, happened_at=AT - timedelta(days=days))
    told = queries.answered(patient, "madrs")
    assert [row.happened_at for row in told.scores_of("madrs")] == [AT - timedelta(days=7), AT]
    course = told.trajectory("madrs", [AT - timedelta(days=10)])
    assert course.baseline is None, "it was of another measure"
    apart = next(row for row in told.scores if row.happened_at == first.happened_at)
    assert told_apart(apart, queries.instrument("madrs")) == words
    page = browser(here.staff(Role.RN)).get(reverse("patient-scales", args=[patient.pk])).content.decode()
    assert page.count("Not compared: ") == 1
    assert f"Not compared: {words}" in page


@pytest.mark.parametrize("other", [{}, {"edition": "2019"}, {"hidden": ("nothing",)}])
def test_h13_no_edition_and_no_other_way_of_rating_hides_that_somebody_is_worse(here: Place, other: Any) -> None:
    patient = here.patient()
    visit = a_visit(here, patient, AT)
    visit.dose_began_at = AT
    visit.save(update_fields=["dose_began_at"])
    rated(here, answers=MADRS | {"10": 0}, patient=patient, happened_at=AT - timedelta(days=8))
    later = AT + timedelta(days=7)
    worse = dict.fromkeys(MADRS, 3) | {"10": 1}
    rated(here, answers=worse, patient=patient, rater=other, happened_at=later, at=later)
    assert {concern.reason_code for concern in Concern.objects.all()} == {"madrs.worse", "madrs.10.worse"}
    page = browser(here.staff(Role.RN)).get(reverse("patient-scales", args=[patient.pk])).content.decode()
    assert ("1 of 2 is of another version or edition" in page) is bool(other)


def test_what_is_not_said_of_a_score_is_not_known_to_differ(here: Place) -> None:
    paper = {"came": "paper", "hidden": (), "edition": "A print of 2001"}
    first = rated(here, "phq-9", {"total": 12, "9": 0}, rater=paper, happened_at=AT - timedelta(days=7))
    rated(here, "phq-9", {"total": 8, "9": 0}, patient=first.patient, rater=paper | {"edition": ""})
    assert len(queries.answered(first.patient, "phq-9").scores_of("phq-9")) == 2, "its words are ours in every edition"


def test_a_score_of_another_version_is_another_measure(here: Place) -> None:
    assert queries.is_same_measure("1.0.0", "1.4.2")
    assert not queries.is_same_measure("1.0.0", "2.0.0")
    scored = rated(here)
    told = queries.answered(scored.patient, "madrs")
    assert [row.pk for row in told.scores_of("madrs")] == [scored.pk]
    scored.instrument_version = "0.9.0"
    assert queries.Answered((scored,), ()).scores_of("madrs") == []


# --- typed in ---


def typed(**given: str) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, text in given.items():
        data[name.replace("_", "-") if name.startswith("item") else name] = text
    return data


def test_what_was_typed_is_read_item_by_item(here: Place) -> None:
    sheet = reader.instrument("audit-c")
    assert typed_in.answers_in(sheet, typed(item_1="3", item_3=" 0 ")) == {"1": 3, "2": None, "3": 0}
    assert typed_in.answers_in(sheet, typed(total="7")) == {"total": 7}


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"item_1": "x", "item_2": "9"}, ["item-1", "item-2"]),
        ({"total": "7", "item_1": "2"}, ["item-1"]),
        ({"total": "13"}, ["total"]),
        ({"total": "-1"}, ["total"]),
        ({"total": "7", "item_1": "99"}, ["item-1"]),
    ],
)
def test_what_cannot_be_read_is_told_all_at_once(given: dict[str, str], fields: list[str]) -> None:
    with pytest.raises(Refused) as refused:
        typed_in.answers_in(reader.instrument("audit-c"), typed(**given))
    assert [refusal.field for refusal in refused.value.refusals] == fields


def test_when_is_the_clinics_clock(here: Place) -> None:
    at = typed_in.moment_in(typed(happened_at="2026-07-14T09:30"), AT, "America/New_York")
    assert at.utcoffset() == timedelta(hours=-4)
    assert typed_in.moment_in(typed(), AT, "America/New_York") == AT
    with pytest.raises(Refused, match="not a day and a time"):
        typed_in.moment_in(typed(happened_at="soon"), AT, "America/New_York")


# --- pages ---


def test_a_scale_is_entered_and_shown_with_how_it_came(here: Place) -> None:
    patient, client = here.patient(), browser(here.staff(Role.RN))
    address = f"/patients/{patient.pk}/scales/madrs/"
    page = client.get(address).content.decode()
    assert "Rate from your own form" in page
    assert "1 · apparent sadness" in page
    given = {f"item-{item}": "2" for item in range(1, 11)} | {
        "rater": "other",
        "rater_name": "Dr Ines Roth",
        "came": "video",
        "hidden": ["dose", "time"],
        "edition": "1979",
    }
    wrong = client.post(address, once(**given | {"item-4": "9", "rater_name": ""}))
    assert wrong.status_code == 422
    assert "Item 4: 9 is not one of its answers." in wrong.content.decode()
    assert 'value="1979"' in wrong.content.decode()
    saved = client.post(address, once(**given))
    assert saved["Location"] == f"/patients/{patient.pk}/scales/#madrs"
    shown = client.get(saved["Location"]).content.decode()
    assert "Dr Ines Roth · by video · blind to dose, time point · 1979" in shown
    chart = client.get(f"/patients/{patient.pk}/").content.decode()
    assert "Other scales" in chart
    assert "Dr Ines Roth, blind to dose, time point" in chart


def test_only_scales_that_may_be_entered_have_a_page(here: Place) -> None:
    patient, client = here.patient(), browser(here.staff(Role.RN))
    for scale in ("c-ssrs-screener", "phq-a", "mood-vas", "nothing"):
        assert client.get(f"/patients/{patient.pk}/scales/{scale}/").status_code == 404
    assert client.get(f"/patients/{patient.pk}/scales/bdi-ii/").content.decode().count('name="item-') == 1


def test_the_desk_enters_and_is_led_back_to_the_chart(here: Place) -> None:
    patient, client = here.patient(), browser(here.staff(Role.FD))
    given = {"item-1": "2", "item-2": "1", "rater": str(here.staff(Role.FD).user_id), "came": "paper"}
    saved = client.post(f"/patients/{patient.pk}/scales/phq-2/", once(**given))
    assert saved["Location"] == f"/patients/{patient.pk}/"
    assert Score.objects.get().total == 3


# --- the owners' words ---

ISI = {
    "text": {
        "instrument": "isi",
        "language": "es",
        "edition": "1993",
        "owner": "Its owner",
        "licence": "Agreement 12",
        "attribution": "ISI © its owner",
    },
    "items": {str(item): f"Pregunta {item}" for item in range(1, 8)},
    "answers": {"all": ["a", "b", "c", "d", "e"]},
}


def load(here: Place, text: str = json.dumps(ISI), scale: str = "isi", **changes: Any) -> ScaleText:
    arguments = {"words": "", "is_licensed": True, "by": here.staff(Role.MD), "at": AT}
    return actions.load_text(scale=scale, text=text, **arguments | changes)


def test_a_text_is_used_in_the_whole_organisation_and_by_language(here: Place) -> None:
    org = here.clinic.organisation_id
    assert not queries.shown(org, "isi", "es").is_worded
    load(here)
    assert queries.shown(org, "isi", "es-US").items[0].words == "Pregunta 1"
    assert queries.shown(org, "isi", "en").language == "es"
    assert queries.shown(org, "phq-9", "es").language == "es"
    assert queries.shown(org, "pcl-5", "es").language == "en"
    assert queries.shown(org, "safety-items", "es-MX").language == "es"
    assert queries.shown(org, "safety-items").id == "safety-items"


def test_a_patient_who_reads_spanish_gets_the_owners_spanish_and_what_was_read_is_kept(here: Place) -> None:
    patient = here.patient()
    phq9 = reader.instrument("phq-9")
    spanish = {
        "text": ISI["text"] | {"instrument": "phq-9"},
        "items": {item.id: f"Pregunta {item.id}" for item in phq9.items},
        "answers": {item.id: list("abcd") for item in phq9.items},
    }
    row = load(here, json.dumps(spanish), "phq-9")
    ask = the_asks(here, patient)["week"]
    ask.language = "es"
    ask.save()
    asked = [question.sheet for question in forms.questions(ask) if question.sheet.id == "phq-9"]
    assert {sheet.language for sheet in asked} == {"es"}
    kept = actions.keep_answers(
        patient=patient, instrument="phq-9", answers={"1": 0}, source="patient", happened_at=AT,
        by=here.staff(Role.RN), at=AT, ask=ask,
    )  # fmt: skip
    assert (kept.language, kept.wording) == ("es", row.fingerprint)


def test_what_replaces_a_text_amends_it_and_withdrawn_the_scale_is_by_number(here: Place) -> None:
    first = load(here)
    with pytest.raises(Refused, match="in use already"):
        load(here)
    second = load(here, json.dumps(ISI | {"items": ISI["items"] | {"1": "Otra"}}), words="A typing error")
    assert (second.amends_id, second.amend_reason) == (first.pk, "A typing error")
    with pytest.raises(Refused, match="reason is empty"):
        actions.withdraw_text(row=second, words=" ", by=here.staff(Role.MD), at=AT)
    gone = actions.withdraw_text(row=second, words="Licence over", by=here.staff(Role.MD), at=AT)
    assert (gone.amends_id, gone.is_withdrawn, gone.fingerprint) == (second.pk, True, second.fingerprint)
    assert not queries.shown(here.clinic.organisation_id, "isi", "es").is_worded
    again = load(here)
    assert (again.amends_id, again.amend_reason) == (gone.pk, "loaded again")


def test_a_text_that_cannot_be_used_is_refused_whole(here: Place) -> None:
    with pytest.raises(Refused, match="licence is not confirmed"):
        load(here, is_licensed=False)
    with pytest.raises(Refused, match="The file is of isi, and this page of asrm"):
        load(here, scale="asrm")
    with pytest.raises(Refused) as refused:
        load(here, "{}")
    assert [refusal.field for refusal in refused.value.refusals] == ["text"]
    for role in (Role.RN, Role.RX):
        with pytest.raises(NotAllowed):
            load(here, by=here.staff(role))
    row = load(here)
    with pytest.raises(NotAllowed):
        actions.withdraw_text(row=row, words="x", by=here.staff(Role.RX), at=AT)
    assert ScaleText.objects.count() == 1


def test_the_director_adopts_loads_and_withdraws_on_pages(here: Place) -> None:
    client = just_confirmed(browser(here.staff(Role.MD)))
    listed = client.get("/scales/").content.decode()
    assert "Adopt the pack" in listed
    assert 'href="/scales/c-ssrs-screener/text/"' not in listed
    assert client.get("/scales/c-ssrs-screener/text/").status_code == 404
    assert "WHO-5 Well-Being Index. Source" in client.get("/scales/who-5/text/").content.decode()
    refused = client.post("/scales/who-5/text/", once(adopt="pack"))
    assert (refused.status_code, "licence is not confirmed" in refused.content.decode()) == (422, True)
    assert client.post("/scales/who-5/text/", once(adopt="pack", is_licensed="on")).status_code == 302
    assert (
        queries.shown(here.clinic.organisation_id, "who-5").items[0].words == "I have felt cheerful and in good spirits"
    )
    assert client.post("/scales/isi/text/", once(text=json.dumps(ISI), is_licensed="on")).status_code == 302
    assert "Agreement 12" in client.get("/scales/").content.decode()
    assert client.post("/scales/isi/text/", once(withdraw="es", words="Over")).status_code == 302
    assert client.post("/scales/isi/text/", once(withdraw="es", words="Over")).status_code == 404
    assert "Load a text" in browser(here.staff(Role.MD)).get("/scales/").content.decode()
    assert "Load a text" not in browser(here.staff(Role.RN)).get("/scales/").content.decode()


def test_every_pcl_5_of_a_patient_is_about_one_event_that_is_written_once_and_shown(here: Place) -> None:
    answers, told = {str(item): 1 for item in range(1, 21)}, {"came": "paper", "hidden": ()}
    with pytest.raises(Refused) as refused:
        rated(here, "pcl-5", answers, rater=told)
    assert [fault.field for fault in refused.value.refusals] == ["event"]
    patient = here.patient(family="Marsh")
    rated(here, "pcl-5", answers, rater=told, patient=patient, event=" the  accident ")
    rated(here, "pcl-5", answers, rater=told, patient=patient, event="the flood")
    found = queries.index_event(patient)
    assert found is not None
    assert (found.words, IndexEvent.objects.filter(patient=patient).count()) == ("the accident", 1)
    page = browser(here.staff(Role.RX)).get(reverse("patient-scale", args=[patient.pk, "pcl-5"])).content.decode()
    assert "the accident" in page
    assert 'name="event"' not in page


def test_a_question_that_bears_no_number_on_the_form_is_shown_without_one():
    items = reader.instrument("phq-9").items
    assert scales.label(items[0]) == "1. Little interest or pleasure in doing things"
    assert scales.label(items[-1]).startswith("If you checked off any problems")
