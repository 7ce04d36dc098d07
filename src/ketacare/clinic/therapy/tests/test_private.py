"""H28: private notes and journals. Every role, every exit, and the database itself: not a byte."""

from __future__ import annotations

import json
import os
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from tests.architecture.test_routes import GUARDED, Route
from tests.database import FreshDatabase
from tests.world import ARGUMENTS, World, a_world

from ketacare.clinic.audit.models import Line
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.duties.tests.factories import AT
from ketacare.clinic.outcomes.models import MessageReply
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.access import RELATIONS, NotAllowed, NotHere, granted, patients_visible_to, relations_to
from ketacare.clinic.people.models import Patient, Role, User
from ketacare.clinic.people.tests.factories import a_clinic, a_patient, browser, once, someone
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety.models import Concern, ConcernStep
from ketacare.clinic.tenancy.actions import enter
from ketacare.clinic.tenancy.models import LiveEvent, OnceKey
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.clinic.therapy import actions, queries
from ketacare.clinic.therapy.access import own_entry
from ketacare.clinic.therapy.models import JournalEntry, JournalShare, ProcessNote
from ketacare.clinic.therapy.sealing import CannotBeOpened, draft_key, key_of, seal, unseal
from ketacare.clinic.therapy.tests.factories import Couch, a_couch

NOTE, PAGE = "Countertransferencecanary at the door", "Butterflycanary in my garden"
CANARIES = ("Countertransferencecanary", "Butterflycanary")


@pytest.fixture
def couch(db) -> Couch:
    return a_couch()


def both(couch: Couch) -> JournalEntry:
    couch.as_(couch.therapist)
    actions.write_process_note(patient=couch.patient, words=NOTE, by=couch.therapist, at=AT)
    couch.as_(couch.own)
    entry, _ = actions.write_journal(patient=couch.patient, words=PAGE, by=couch.own, at=AT)
    return entry


def in_clear(words: Iterable[str]) -> list[str]:
    """How words would stand in the text of a row: as they are, or as hexadecimal, the text of bytes."""
    return [f"%{shape}%" for word in words for shape in (word, word.encode().hex())]


# -- sealed ---------------------------------------------------------------------------------------------------------


def test_a_seal_opens_for_its_author_store_and_row_alone():
    author, row = uuid4(), uuid4()
    sealed = seal(NOTE, author=author, store="process-note", row=row)
    assert b"canary" not in sealed
    assert unseal(sealed, author=author, store="process-note", row=row) == NOTE
    for wrong in ({"author": uuid4()}, {"store": "journal"}, {"row": uuid4()}):
        with pytest.raises(CannotBeOpened):
            unseal(sealed, **({"author": author, "store": "process-note", "row": row} | wrong))
    with pytest.raises(CannotBeOpened):
        unseal(sealed[:-1] + bytes([sealed[-1] ^ 1]), author=author, store="process-note", row=row)


def test_h28_what_is_not_kept_yet_is_closed_with_a_key_of_its_own_that_its_author_alone_is_given(couch: Couch):
    note = reverse("private-notes", args=[couch.patient.pk])
    keys = {}
    for author, address in ((couch.therapist, note), (couch.own, reverse("me-journal"))):
        answer = browser(author).get(address)
        keys[author] = answer.content.decode().partition('data-sealed="')[2].partition('"')[0]
        assert keys[author] == draft_key(author.person_id)
        assert answer["Cache-Control"] == "no-store"
    assert len(b64decode(draft_key(couch.own.person_id))) == 32
    assert len(set(keys.values())) == 2
    stores = {key_of(couch.own.person_id, store) for store in ("draft", queries.private.NOTES, queries.private.JOURNAL)}
    assert len(stores) == 3


def test_h28_with_another_installations_key_nothing_opens_and_the_page_says_so(couch: Couch, settings):
    both(couch)
    settings.PRIVATE_KEY = b"another" * 5
    couch.as_(couch.therapist)
    assert [one.words for one in queries.notes_of(couch.therapist, couch.patient)] == [None]


# -- whose ----------------------------------------------------------------------------------------------------------


def test_h28_the_author_reads_it_a_colleague_assigned_too_reads_nothing_and_a_stranger_is_refused(couch: Couch):
    both(couch)
    colleague, stranger = couch.here.staff(Role.TH), couch.here.staff(Role.TH)
    couch.here.assign(couch.patient, colleague)
    couch.as_(couch.therapist)
    assert [one.words for one in queries.notes_of(couch.therapist, couch.patient)] == [NOTE]
    couch.as_(colleague)
    assert queries.notes_of(colleague, couch.patient) == []
    for other in (stranger, *(couch.here.staff(role) for role in (Role.RN, Role.RX, Role.MD, Role.AU, Role.AD))):
        couch.as_(other)
        with pytest.raises(NotAllowed):
            queries.notes_of(other, couch.patient)
        with pytest.raises(NotAllowed):
            actions.write_process_note(patient=couch.patient, words="x", by=other, at=AT)


def test_h28_a_journal_is_read_by_a_therapist_while_it_is_shared_and_by_nobody_before_or_after(couch: Couch):
    entry = both(couch)

    def seen_by(actor) -> list[str | None]:
        couch.as_(actor)
        return [one.words for one in queries.shared_entries(actor, couch.patient)]

    nurse, unassigned = couch.here.staff(Role.RN), couch.here.staff(Role.TH)
    assert seen_by(couch.therapist) == []
    couch.as_(couch.own)
    actions.share(entry=entry, by=couch.own, at=AT)
    actions.share(entry=entry, by=couch.own, at=AT)
    assert JournalShare.objects.count() == 1
    assert [seen_by(actor) for actor in (couch.therapist, nurse, unassigned)] == [[PAGE], [], []]
    couch.as_(couch.own)
    actions.unshare(entry=entry, by=couch.own, at=AT)
    assert seen_by(couch.therapist) == []
    assert [one.is_shared for one in queries.journal_of(couch.as_(couch.own), couch.patient)] == [False]


def test_h28_whoever_becomes_therapist_after_the_sharing_reads_it_once_the_patient_shares_it_anew(couch: Couch):
    entry = both(couch)
    couch.as_(couch.own)
    actions.share(entry=entry, by=couch.own, at=AT)
    later = couch.here.staff(Role.TH)
    user = User.objects.get(pk=later.user_id)
    people.relate(
        patient=couch.patient, user=user, kind="therapist", by=couch.here.staff(Role.FD), at=AT + timedelta(days=1)
    )

    def seen_by(actor) -> list[str | None]:
        couch.as_(actor)
        return [one.words for one in queries.shared_entries(actor, couch.patient)]

    assert [seen_by(actor) for actor in (couch.therapist, later)] == [[PAGE], []]
    [page] = queries.journal_of(couch.as_(couch.own), couch.patient)
    assert (page.readers, page.came_later) == ((couch.therapist.name,), (later.name,))
    actions.share_anew(entry=entry, by=couch.own, at=AT + timedelta(days=2))
    assert [seen_by(actor) for actor in (couch.therapist, later)] == [[PAGE], [PAGE]]
    [page] = queries.journal_of(couch.as_(couch.own), couch.patient)
    assert page.came_later == ()


def test_nobody_shares_for_the_patient_and_another_patients_entry_is_not_here(couch: Couch):
    entry = both(couch)
    with pytest.raises(NotAllowed):
        actions.share(entry=entry, by=couch.as_(couch.therapist), at=AT)
    other = couch.here.patient()
    stranger = couch.here.the_patient(other)
    couch.as_(stranger)
    for text in (str(entry.pk), "nonsense"):
        with pytest.raises(NotHere):
            own_entry(stranger, other, text)


@pytest.mark.parametrize("words", [" ", "x" * 20_001])
def test_nothing_and_too_much_are_refused(couch: Couch, words: str):
    with pytest.raises(Refused, match=r"empty|longer"):
        actions.write_journal(patient=couch.patient, words=words, by=couch.as_(couch.own), at=AT)


# -- danger ---------------------------------------------------------------------------------------------------------


def test_h13_words_of_danger_are_told_and_never_what_they_were(couch: Couch):
    said = "Some days I want to die. Butterflycanary."
    _, concern = actions.write_journal(patient=couch.patient, words=said, by=couch.as_(couch.own), at=AT)
    assert concern is not None
    assert (concern.tier, concern.reason_code, concern.source_kind) == (1, "words.journal", "therapy.journalentry")
    assert Duty.objects.filter(pk=concern.duty_id).exists()
    told = " ".join(str(value) for row in (concern, concern.duty) for value in vars(row).values())
    assert "want to die" not in told
    assert "canary" not in told
    _, none = actions.write_journal(patient=couch.patient, words="A calm day", by=couch.own, at=AT)
    assert none is None
    assert Concern.objects.count() == 1


def test_h13_beside_a_concern_that_stands_the_journal_is_told_of_and_stays_theirs(couch: Couch):
    told = {"patient": couch.patient, "tier": 1, "reason_code": "s1.3", "source": couch.patient, "by": couch.own}
    concern = safety.raise_concern(**told, at=AT)
    said = "Gave my dog to the neighbour. Butterflycanary."
    actions.write_journal(patient=couch.patient, words=said, by=couch.as_(couch.own), at=AT)
    assert ConcernStep.objects.filter(concern=concern, step="raised").count() == 2
    (kept,) = MessageReply.objects.all()
    assert "ask them" in kept.words
    assert "canary" not in kept.words


def test_h13_a_page_of_danger_is_never_too_long(couch: Couch):
    words = "x " * 10_000 + "I want to die"
    _, concern = actions.write_journal(patient=couch.patient, words=words, by=couch.as_(couch.own), at=AT)
    assert concern is not None


# -- the database itself ----------------------------------------------------------------------------------------------


def rows_as(user_id, table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("select set_config('ketacare.user', %s, true)", [str(user_id or "")])
        cursor.execute(f"select count(*) from {table}")
        return cursor.fetchone()[0]


@pytest.mark.parametrize(("table", "whose"), [("therapy_processnote", "therapist"), ("therapy_journalentry", "own")])
def test_h28_direct_sql_as_the_application_of_anybody_else_reads_no_row(couch: Couch, table: str, whose: str):
    both(couch)
    author = getattr(couch, whose)
    others = [couch.here.staff(role).user_id for role in Role if role != Role.PT]
    others += [None, uuid4(), couch.own.user_id if whose == "therapist" else couch.therapist.user_id]
    assert {rows_as(user, table) for user in others} == {0}
    assert rows_as(author.user_id, table) == 1


def test_h28_a_row_in_anothers_name_cannot_be_written(couch: Couch):
    both(couch)
    row = ProcessNote.objects.filter(recorded_by_id=couch.as_(couch.therapist).user_id).get()
    couch.as_(couch.here.staff(Role.MD))
    row.pk = uuid4()
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        row.save(force_insert=True)


def test_h28_every_column_of_every_table_the_application_may_read_holds_no_word(couch: Couch):
    """As the author too: what they read is sealed. Notices, one-time keys, duties and audit lines are among them."""
    entry = both(couch)
    actions.share(entry=entry, by=couch.own, at=AT)
    for actor in (couch.therapist, couch.own, couch.here.staff(Role.MD)):
        couch.as_(actor)
        with connection.cursor() as cursor:
            cursor.execute("select tablename from pg_tables where schemaname = 'public'")
            for (table,) in cursor.fetchall():
                cursor.execute(f'select count(*) from "{table}" t where t::text like any(%s)', [in_clear(CANARIES)])
                assert cursor.fetchone()[0] == 0, table


def test_h28_the_search_for_words_finds_one_that_was_kept_in_clear(couch: Couch):
    """The control: a note that nobody sealed is found in its bytes."""
    both(couch)
    couch.as_(couch.therapist)
    row = ProcessNote.objects.get()
    row.pk, row.sealed = uuid4(), NOTE.encode()
    row.save(force_insert=True)
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from therapy_processnote t where t::text like any(%s)", [in_clear(CANARIES)])
        assert cursor.fetchone()[0] == 1


def test_h28_a_share_is_written_by_the_patients_own_account_alone(couch: Couch):
    entry = both(couch)
    there = {"entry_id": entry.pk, "organisation_id": entry.organisation_id, "clinic_id": entry.clinic_id}
    for actor in (couch.therapist, couch.here.staff(Role.MD)):
        couch.as_(actor)
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            JournalShare.objects.create(patient=couch.patient, created_at=AT, **there)
    other = couch.here.patient()
    couch.here.assign(other, couch.therapist)
    own = couch.here.the_patient(other)
    couch.as_(own)  # their own patient row, somebody else's entry
    JournalShare.objects.create(patient=other, created_at=AT, **there)
    couch.as_(couch.therapist)
    assert not JournalEntry.objects.filter(pk=entry.pk).exists()


def test_h28_a_dump_by_the_owner_and_the_control_without_the_policy_hold_no_word(fresh_database: FreshDatabase):
    """The whole database as a backup has it; and with the policies taken away, still only sealed bytes."""
    with transaction.atomic():
        couch = a_couch()
        both(couch)
    url = fresh_database.owner.url()
    with psycopg.connect(url) as owner:
        owner.execute("alter table therapy_processnote disable row level security")
        owner.execute("alter table therapy_journalentry disable row level security")
        rows = owner.execute("select sealed from therapy_processnote union all select sealed from therapy_journalentry")
        sealed = [bytes(row[0]) for row in rows.fetchall()]
        assert len(sealed) == 2
        assert not any(b"canary" in row for row in sealed)
        kept = owner.execute(
            "select count(*) from therapy_processnote t where t::text like any(%s)", [in_clear(CANARIES)]
        ).fetchone()[0]
    assert kept == 0


# -- every exit -------------------------------------------------------------------------------------------------------


def a_world_with_secrets() -> World:
    """The therapist is assigned and wrote; the patient wrote and shares."""
    world = a_world()
    therapist, own = world.staff["TH"], world.staff["PT"]
    user = User.objects.get(pk=therapist.user_id)
    people.relate(patient=world.patient, user=user, kind="therapist", by=world.staff["RN"], at=AT)
    enter(organisation_id=world.clinic.organisation_id, user_id=therapist.user_id)
    actions.write_process_note(patient=world.patient, words=NOTE, by=therapist, at=AT)
    enter(organisation_id=world.clinic.organisation_id, user_id=own.user_id)
    entry, _ = actions.write_journal(patient=world.patient, words=PAGE, by=own, at=AT)
    actions.share(entry=entry, by=own, at=AT)
    return world


MAY_SHOW = {("TH", "private-notes"): CANARIES[0], ("TH", "therapy"): CANARIES[1], ("PT", "me-journal"): CANARIES[1]}
# Where words of a record leave by; asked of every role each time. Every other route is asked in a proof run.
EXITS = {
    "private-notes", "therapy", "therapy-course", "preparation", "prepared", "sitting", "goals", "relapse-plan",
    "me-journal", "me-homework", "me", "me-plan", "patient", "outcome", "audit", "audit-export", "note", "note-pdf",
    "concern", "concerns", "duties", "emergencies", "emergency", "care-plan", "care-plan-copy", "care-plan-letter-pdf",
    "referrer-letter", "me-opened", "session-downtime", "session-replay", "session-transfer", "outbox",
    "programme-table",
}  # fmt: skip
EVERY = bool(os.environ.get("KETACARE_PROOF_CASES"))


def asked_of(role: Role) -> list[Route]:
    return [route for route in GUARDED if may_open(role, route) and (EVERY or route.name in EXITS)]


def may_open(role: Role, route: Route) -> bool:
    guard = route.guard
    return guard is not None and granted(str(role), guard.object_name, guard.act, RELATIONS)


def test_h28_no_page_of_any_role_shows_a_byte_but_to_whom_it_belongs(db, monkeypatch):
    """Paper is looked at before it is set: in a PDF the words stand packed."""
    monkeypatch.setattr("ketacare.clinic.tenancy.paper.pdf", lambda _, data: json.dumps(data).encode())
    world = a_world_with_secrets()
    shown, leaks = set(), []
    for role in Role:
        client = browser(world.staff[role])
        for route in asked_of(role):
            answer = client.get(route.path({name: ARGUMENTS[name](world) for name in route.parameters}))
            told = b"".join(answer) if answer.streaming else answer.content
            for canary in CANARIES:
                if canary.encode() in told or canary in str(dict(answer.headers)):
                    key = (str(role), route.name)
                    (shown.add(key) if MAY_SHOW.get(key) == canary else leaks.append((*key, canary)))
    assert leaks == []
    assert shown == set(MAY_SHOW)


def test_h28_search_an_emergency_and_what_is_kept_of_a_request_hold_no_byte(db, caplog):
    """And the patient sees that the page they shared was read."""
    world = a_world_with_secrets()
    client, path = browser(world.staff["TH"]), reverse("private-notes", args=[world.patient.pk])
    answer = browser(world.staff["MD"]).post(reverse("patients"), {"q": CANARIES[0]})
    assert f"/patients/{world.patient.pk}/" not in answer.content.decode()
    assert client.post(path, once(words=NOTE)).status_code == 302
    assert client.post(path, once(words="")).status_code == 422
    page = client.get(path).content.decode().partition("<main")[2]
    assert page.count("data-keep=") == page.count("data-sealed=") > 0, "what this tab keeps of it is sealed"
    client.get(reverse("therapy", args=[world.visit.pk]))
    assert Line.objects.filter(verb="chart.open", object_kind="journal", actor_id=world.staff["TH"].user_id).exists()
    told = [str(vars(row)) for model in (OnceKey, LiveEvent, Line, Duty) for row in model.objects.all()]
    told += [bytes(row.body or b"").decode(errors="replace") for row in OnceKey.objects.all()]
    assert not any(canary in row for canary in CANARIES for row in (*told, caplog.text))
    outsider = someone(world.clinic, Role.TH)
    safety.open_in_emergency(world.patient, reason_class="harm_now", words="A call", by=outsider, at=AT)
    shut = [browser(outsider).get(reverse(name, args=[world.patient.pk])) for name in ("private-notes", "preparation")]
    assert [answer.status_code for answer in shut] == [403, 403]


# -- from another practice --------------------------------------------------------------------------------------------


def test_an_outside_therapists_access_ends_at_midnight_of_its_date_where_the_clinic_is(db):
    """New York: at 23:59 on the last day open, at 00:00 of the next shut, while it is already the next day in UTC."""
    clinic = a_clinic(zone="America/New_York")
    desk, outside = someone(clinic, Role.FD), someone(clinic, Role.ET)
    patient = a_patient(desk)
    user = User.objects.get(pk=outside.user_id)
    last = date(2026, 7, 20)
    people.relate(patient=patient, user=user, kind="therapist", by=desk, at=AT, until=last)

    def opens(actor) -> tuple[bool, bool]:
        return "a" in relations_to(actor, patient), Patient.objects.filter(patients_visible_to(actor)).exists()

    assert opens(replace(outside, today=last)) == (True, True)
    assert opens(replace(outside, today=last + timedelta(days=1))) == (False, False)
    assert opens(outside) == (False, False)
    with pytest.raises(Refused, match="over"):
        people.relate(patient=patient, user=user, kind="therapist", by=desk, at=AT, until=date(2026, 7, 13))


@pytest.mark.parametrize(("clock", "status"), [("2026-07-21T03:59:00", 200), ("2026-07-21T04:00:00", 403)])
def test_an_outside_therapists_pages_close_at_that_midnight(db, monkeypatch, clock: str, status: int):
    clinic = a_clinic(zone="America/New_York")
    desk, outside = someone(clinic, Role.FD), someone(clinic, Role.ET)
    patient = a_patient(desk)
    user = User.objects.get(pk=outside.user_id)
    people.relate(patient=patient, user=user, kind="therapist", by=desk, at=AT, until=date(2026, 7, 20))
    at = datetime.fromisoformat(clock).replace(tzinfo=UTC)
    monkeypatch.setattr("ketacare.web.clock.now", lambda: at)
    client = browser(outside)
    for name in ("therapy-course", "preparation", "private-notes", "patient"):
        assert client.get(reverse(name, args=[patient.pk])).status_code == status, name


def test_an_outside_therapist_works_in_the_same_record_with_fewer_rights():
    assigned = frozenset({"clinic", "a"})
    may_do = {("therapy", "C"), ("preparation", "C"), ("therapy_notes", "C"), ("journal", "R"), ("scores", "R")}
    may_not = {("session", "R"), ("readings", "C"), ("evaluation", "R"), ("plan", "R"), ("notes", "R"), ("dose", "R")}
    assert all(granted("ET", *right, assigned) for right in may_do)
    assert not any(granted("ET", *right, assigned) for right in may_not | {("emergency", "C"), ("concerns", "U")})
    assert not any(granted("ET", *right, frozenset({"clinic"})) for right in may_do)
