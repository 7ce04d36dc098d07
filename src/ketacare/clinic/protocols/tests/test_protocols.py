"""Adoption: only the medical director, only a version on file, only what was read; and back again."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from ketacare.clinic.audit.models import Line
from ketacare.clinic.people.access import NotAllowed, NotHere
from ketacare.clinic.people.tests.factories import AT, a_clinic, someone
from ketacare.clinic.protocols import actions, queries
from ketacare.clinic.protocols.models import Adoption
from ketacare.clinic.protocols.queries import in_force
from ketacare.clinic.protocols.tests.factories import (
    IV,
    LIMITS,
    TRIALS,
    an_adoption,
    an_own_copy,
    forget,
    lay_out,
    signed,
)
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.evidence import rules
from ketacare.medicine.protocols import reader

pytestmark = pytest.mark.django_db
NOW, NEXT = queries.on_shelf(TRIALS).newest.header.version, "9.0.0"


@pytest.fixture
def clinic():
    return a_clinic()


@pytest.fixture
def director(clinic):
    return someone(clinic, "MD")


@pytest.fixture
def shelves(monkeypatch, tmp_path):
    """Lays out a shelf with other versions, and puts the shipped one back."""
    yield lambda *changes: lay_out(monkeypatch, tmp_path, *changes)
    monkeypatch.undo()
    forget()


def two_versions(shelves):
    """The sheet of trials stays on file as it is; a next version ships, and asks for three failed trials."""
    wing = shelves()
    now = wing / "candidacy/knowledge/trials-1.toml"
    (now.parent / "earlier").mkdir(exist_ok=True)
    (now.parent / f"earlier/{TRIALS}-{NOW}.toml").write_text(now.read_text())
    place = "candidacy/knowledge/trials-1.toml"
    return shelves(
        (place, f'version = "{NOW}"', f'version = "{NEXT}"'), (place, "trials = { value = 2,", "trials = { value = 3,")
    )


# --- adopting --------------------------------------------------------------------------------------------------------


def test_h19_nothing_is_in_force_before_a_director_adopts(clinic):
    assert queries.protocols_in_force(clinic.pk) == []
    row = an_adoption(clinic)
    assert [protocol.id for protocol in queries.protocols_in_force(clinic.pk)] == [IV]
    assert Line.objects.filter(verb="protocol.adopted").count() == 1
    assert row.fingerprint == queries.fingerprint_of(clinic.pk, IV, row.sheet_version)


@pytest.mark.parametrize("role", ["FD", "RN", "RX", "TH", "AU", "AD", "RC", "PT"])
def test_nobody_else_decides_about_sheets(clinic, role):
    by = someone(clinic, role)
    with pytest.raises(NotAllowed):
        actions.adopt(sheet_id=IV, version="1.0.0", by=by, at=AT)
    with pytest.raises(NotAllowed):
        actions.roll_back(sheet_id=IV, version="1.0.0", words="x", by=by, at=AT)
    with pytest.raises(NotAllowed):
        actions.amend(sheet_id=IV, version="1.0.0", amendments=[], by=by, at=AT)
    with pytest.raises(NotAllowed):
        actions.withdraw(sheet_id=IV, words="x", by=by, at=AT)


def test_a_version_that_is_not_on_file_is_refused(director):
    with pytest.raises(Refused, match="no longer on file"):
        actions.adopt(sheet_id=IV, version="0.9.0", by=director, at=AT)
    with pytest.raises(Refused, match="no longer on file"):
        actions.adopt(sheet_id=IV, version="1.0.0+clinic.7", by=director, at=AT)
    with pytest.raises(NotHere):
        actions.adopt(sheet_id="no-such-sheet", version="1.0.0", by=director, at=AT)


def test_the_same_version_twice_is_refused(clinic, director):
    an_adoption(clinic)
    with pytest.raises(Refused, match="adopted here already"):
        actions.adopt(sheet_id=IV, version=reader.protocol(IV).version, by=director, at=AT)


@pytest.mark.parametrize(("status", "words"), [("draft", "is a draft"), ("retired", "was retired")])
def test_drafts_and_retired_sheets_are_never_adopted(director, shelves, status, words):
    shelves((f"protocols/knowledge/{IV}.toml", 'status = "shipped"', f'status = "{status}"'))
    with pytest.raises(Refused, match=words):
        actions.adopt(sheet_id=IV, version=reader.protocol(IV).version, by=director, at=AT)


def test_withdrawing_needs_a_reason_and_ends_it(clinic, director):
    an_adoption(clinic)
    with pytest.raises(Refused, match="reason is empty"):
        actions.withdraw(sheet_id=IV, words=" ", by=director, at=AT)
    actions.withdraw(sheet_id=IV, words="supply", by=director, at=AT + timedelta(minutes=1))
    assert queries.protocols_in_force(clinic.pk) == []
    with pytest.raises(Refused, match="not adopted here"):
        actions.withdraw(sheet_id=IV, words="supply", by=director, at=AT + timedelta(minutes=2))


def test_another_clinics_adoption_does_not_count(clinic):
    an_adoption(clinic)
    south = a_clinic("South", organisation=clinic.organisation)
    assert queries.protocols_in_force(south.pk) == []


def test_every_sheet_of_medicine_is_on_file_with_its_figures(clinic):
    rows = queries.on_file(clinic.pk, on=date(2026, 12, 1))
    assert IV in {row.header.id for row in rows}
    without = {row.header.id for row in rows if row.room == "protocols" and not list(rules.figures_of(row.sheet))}
    assert without <= {"p-arket"}
    assert not any(row.review_is_late for row in rows if row.room == "protocols")
    assert not any(row.is_adopted or row.is_lost or row.newer_waits for row in rows)


# --- versions --------------------------------------------------------------------------------------------------------


def test_h19_a_newer_version_waits_and_the_adopted_one_counts(clinic, shelves):
    signed(clinic, TRIALS, NOW)
    two_versions(shelves)
    row = queries.one_on_file(clinic.pk, TRIALS, on=AT.date())
    assert (row.header.version, row.newest.version, row.newer_waits) == (NOW, NEXT, True)
    assert queries.knowledge_in_force(clinic.pk).knowledge.trials.needed.value == 2
    assert queries.knowledge_in_force(a_clinic("New").pk).knowledge.trials.needed.value == 3


def test_h19_what_changes_must_have_been_read(clinic, director, shelves):
    signed(clinic, TRIALS, NOW)
    two_versions(shelves)
    with pytest.raises(Refused, match="Nobody has looked at what would change") as refused:
        actions.adopt(sheet_id=TRIALS, version=NEXT, by=director, at=AT)
    assert {refusal.field for refusal in refused.value.refusals} == {"seen", "read"}
    with pytest.raises(Refused, match="no longer what you read"):
        actions.adopt(sheet_id=TRIALS, version=NEXT, seen="f" * 64, read=True, by=director, at=AT)
    review = queries.review(clinic.pk, queries.on_shelf(TRIALS).newest)
    with pytest.raises(Refused, match="not said that you read"):
        actions.adopt(sheet_id=TRIALS, version=NEXT, seen=review.digest, by=director, at=AT)
    assert Adoption.objects.count() == 1
    row = actions.adopt(sheet_id=TRIALS, version=NEXT, seen=review.digest, read=True, by=director, at=AT)
    assert row.seen == review.digest
    assert queries.knowledge_in_force(clinic.pk).knowledge.trials.needed.value == 3


def test_stored_cases_tell_who_would_be_answered_otherwise(clinic, shelves):
    two_versions(shelves)
    signed(clinic, TRIALS, NOW)
    review = queries.review(clinic.pk, queries.on_shelf(TRIALS).newest)
    assert [difference.name for difference in review.differences] == ["enough › trials"]
    assert review.figures == 1
    assert review.cases == 2
    assert review.treated_otherwise
    assert {one.name[:3] for one in review.treated_otherwise} >= {"V01"}


def test_h19_stored_visits_tell_who_would_be_alarmed_otherwise(clinic):
    own = an_own_copy(clinic, LIMITS, "parameters.spo2.low_medium", "91", "%")
    review = queries.review(clinic.pk, queries.version_of(clinic.pk, LIMITS, own.sheet_version))
    assert review.must_be_seen
    assert review.cases == 15
    (one,) = [one for one in review.treated_otherwise if one.name == "A6"]
    assert (one.old.words, one.new.words) == ("Low alarm: SpO2 low", "Medium alarm: SpO2 low")
    assert [(line.name, line.old, line.new) for line in one.lines] == [
        ("SpO2 low", "low after 0:40, value 90, limit 94", "medium after 0:40, value 90, limit 91")
    ]


def test_h19_stored_visits_tell_who_would_be_answered_otherwise_about_the_next_dose(clinic):
    own = an_own_copy(clinic, "titration-1", "rules[2].sessions", "1", "1", is_meant=True)
    review = queries.review(clinic.pk, queries.version_of(clinic.pk, "titration-1", own.sheet_version))
    assert "N4" in {one.name for one in review.treated_otherwise}


def test_what_would_be_answered_otherwise_is_in_the_digest(clinic, settings, tmp_path):
    own = an_own_copy(clinic, LIMITS, "parameters.spo2.low_medium", "91", "%")
    new = queries.version_of(clinic.pk, LIMITS, own.sheet_version)
    before = queries.review(clinic.pk, new).digest
    settings.VIGNETTES = tmp_path
    assert queries.review(clinic.pk, new).digest != before


@pytest.mark.parametrize(
    ("sheet", "why"),
    [
        ("p-arket", "nothing is ordered by it"),
        ("amounts-1", "it is used as it ships"),
        ("phq-9", "it is used as it ships"),
        ("consent-1", "it says what is told and asked, and answers nobody"),
        ("tx-1", ""),
        (TRIALS, ""),
    ],
)
def test_a_sheet_no_stored_case_is_judged_by_says_why(clinic, sheet, why):
    review = queries.review(clinic.pk, queries.on_shelf(sheet).newest)
    assert (review.why_not, review.changed) == (why, ())
    assert bool(review.cases) is not bool(why)


def test_without_the_folder_of_stored_cases_there_are_none(clinic, settings, tmp_path):
    settings.VIGNETTES = tmp_path
    for sheet in (TRIALS, LIMITS):
        review = queries.review(clinic.pk, queries.on_shelf(sheet).newest)
        assert (review.why_not, review.cases, review.differences) == ("", 0, ())


def test_h19_rules_that_are_read_as_they_ship_are_not_amended(clinic):
    """A copy would look as if it counted, and nothing would be judged by it."""
    with pytest.raises(Refused, match="used as it ships"):
        an_own_copy(clinic, "reviews-1", "rules[0].opens_after", "2", "h")


def test_h19_the_rules_between_sessions_are_those_of_the_version_named(clinic):
    own = an_own_copy(clinic, "titration-1", "rules[2].sessions", "3", "1")
    for version, sessions in ((own.sheet_version, 3), ("1.0.0", 2)):
        rules = queries.rules_under(clinic.pk, "titration-1", {"titration-1": version})
        assert rules["TI-3"].figures["sessions"].value == sessions
        assert rules["TP-1"].figures["monthly"].value == 31  # a line that version 1.0.0 did not draw is as it ships
    assert queries.rules_under(clinic.pk, "titration-1", {})["TI-3"].figures["sessions"].value == 2


def test_rolling_back_needs_an_earlier_version_and_a_reason(clinic, director, shelves):
    signed(clinic, TRIALS, NOW)
    two_versions(shelves)
    with pytest.raises(Refused, match="never counted here before"):
        actions.roll_back(sheet_id=TRIALS, version=NEXT, words="x", by=director, at=AT)
    signed(clinic, TRIALS, NEXT, at=AT + timedelta(days=1))
    assert queries.once_adopted(clinic.pk, TRIALS) == [NOW]
    with pytest.raises(Refused, match="reason is empty"):
        actions.roll_back(sheet_id=TRIALS, version=NOW, words=" ", by=director, at=AT)
    later = AT + timedelta(days=2)
    actions.roll_back(sheet_id=TRIALS, version=NOW, words="Too few qualified", by=director, at=later)
    assert queries.knowledge_in_force(clinic.pk).knowledge.trials.needed.value == 2
    assert queries.once_adopted(clinic.pk, TRIALS) == [NEXT]
    assert [row.standing for row in queries.history(clinic.pk, TRIALS)] == ["restored", "adopted", "adopted"]
    assert Line.objects.filter(verb="protocol.restored").count() == 1


def test_an_earlier_version_of_a_sheet_used_as_it_ships_is_not_adopted(director, shelves):
    wing = shelves()
    now = wing / "outcomes/knowledge/phq-9.toml"
    (now.parent / "earlier").mkdir(exist_ok=True)
    (now.parent / "earlier/phq-9-0.9.0.toml").write_text(
        re.sub(r'^version = ".*"', 'version = "0.9.0"', now.read_text(), count=1, flags=re.M)
    )
    forget()
    with pytest.raises(Refused, match="used as it ships"):
        actions.adopt(sheet_id="phq-9", version="0.9.0", by=director, at=AT)


def test_h19_a_sheet_that_is_not_what_was_signed_does_not_count(clinic, shelves):
    """The file was changed under the same version: what was signed is gone, and the page says so."""
    signed(clinic, TRIALS, NOW)
    shelves(("candidacy/knowledge/trials-1.toml", "trials = { value = 2,", "trials = { value = 1,"))
    row = queries.one_on_file(clinic.pk, TRIALS, on=AT.date())
    assert (row.is_lost, row.is_adopted) == (True, False)
    assert TRIALS in {header.id for header in queries.knowledge_in_force(clinic.pk).not_adopted}
    assert queries.knowledge_under(clinic.pk, {TRIALS: NOW}).trials.needed.value == 1


def test_a_sheet_that_is_gone_from_the_shelf_does_not_count(clinic, shelves):
    signed(clinic, "p-iv-96h", "1.1.0")
    wing = shelves()
    (wing / "protocols/knowledge/p-iv-96h.toml").unlink()
    forget()
    assert in_force.signed_sheets(clinic.pk) == {}


def test_what_nobody_adopted_is_used_as_it_ships_and_named(clinic):
    before = queries.knowledge_in_force(clinic.pk)
    assert {header.id for header in before.not_adopted} == {header.id for header in before.knowledge.headers}
    signed(clinic, TRIALS, NOW)
    assert TRIALS not in {header.id for header in queries.knowledge_in_force(clinic.pk).not_adopted}
