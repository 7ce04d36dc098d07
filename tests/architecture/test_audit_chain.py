"""Audit: the chain holds, and every tampering by the database's own superuser is found."""

import json
import uuid
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import transaction
from tests.database import DatabaseServer, FreshDatabase

from ketacare.clinic.audit import actions, queries
from ketacare.clinic.audit.models import Line, Link
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import AT, a_clinic, a_patient, someone
from ketacare.clinic.tenancy.actions import tenant
from ketacare.clinic.tenancy.models import Clinic

KEY = b"a key the database does not hold"


@pytest.fixture
def chain(fresh_database: FreshDatabase) -> Clinic:
    """A clinic with ten lines in its chain, each from a commit of its own."""
    with transaction.atomic():
        clinic = a_clinic()
        desk = someone(clinic, Role.FD)
    for number in range(10):
        with tenant(clinic.organisation_id):
            a_patient(desk, family=f"Family{number}")
    return clinic


def breaks(clinic: Clinic, seals: dict[int, str] | None = None) -> list[str]:
    with tenant(clinic.organisation_id):
        return [found.what for found in queries.verify_clinic(clinic, seals or {})]


@pytest.fixture
def tamper(fresh_database: FreshDatabase, database_server: DatabaseServer):
    """Runs SQL as the superuser with every trigger off."""

    def run(*statements: str) -> None:
        address = database_server.admin.url().replace("/postgres?", f"/{fresh_database.owner.database}?")
        with psycopg.connect(address) as admin:
            admin.execute("set session_replication_role = replica")
            for statement in statements:
                admin.execute(statement)

    return run


def test_an_untouched_chain_verifies(chain):
    with tenant(chain.organisation_id):
        assert Link.objects.count() == 10
    assert breaks(chain) == []


FOURTH = "(select line_id from audit_link where number = 4)"
TAMPERINGS = {
    "edit a line": [f"update audit_line set verb = 'x' where id = {FOURTH}"],
    "edit a time": [f"update audit_line set at = at + interval '1 second' where id = {FOURTH}"],
    "delete a line": [f"delete from audit_line where id = {FOURTH}"],
    "delete line and link": [
        "create temp table gone as select line_id from audit_link where number = 4",
        "delete from audit_link where number = 4",
        "delete from audit_line where id in (select line_id from gone)",
    ],
    "insert a line": [
        "insert into audit_line select (jsonb_populate_record(l, jsonb_build_object('id', gen_random_uuid()))).* "
        "from audit_line l limit 1"
    ],
    "swap two lines": [
        "update audit_link set line_id = gen_random_uuid() where number = 3",
        "create temp table four as select line_id from audit_link where number = 4",
        "update audit_link set line_id = (select id from audit_line where id not in (select line_id from audit_link)) "
        "where number = 4",
        "update audit_link set line_id = (select line_id from four) where number = 3",
    ],
    "cut the tail": [
        "create temp table gone as select line_id from audit_link where number > 7",
        "delete from audit_link where number > 7",
        "delete from audit_line where id in (select line_id from gone)",
    ],
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_tampering_is_found(what, chain, tamper):
    tamper(*TAMPERINGS[what])
    assert breaks(chain) != []


def test_a_tail_cut_with_its_head_moved_back_is_found_by_the_seal(chain, tamper, tmp_path: Path):
    path = tmp_path / "heads"
    with tenant(chain.organisation_id):
        assert actions.seal_heads(path=path, key=KEY, at=AT) == 1
    tamper(
        *TAMPERINGS["cut the tail"],
        "update tenancy_clinichead set audit_number = 7, audit_hash = (select hash from audit_link where number = 7)",
    )
    assert breaks(chain) == []  # the control: without the seal this cut is perfect
    assert breaks(chain, queries.seals_of(path, KEY)[chain.pk]) == ["sealed line is gone (tail cut)"]


def test_a_line_forged_through_the_trigger_is_found(chain, fresh_database, database_server):
    """A superuser who lets the database chain a line still lacks the key that authenticates it."""
    address = database_server.admin.url().replace("/postgres?", f"/{fresh_database.owner.database}?")
    with psycopg.connect(address) as admin:
        admin.execute(
            "insert into audit_line select (jsonb_populate_record(l, jsonb_build_object('id', gen_random_uuid()))).* "
            "from audit_line l limit 1"
        )
    assert breaks(chain) == ["its line was not written by Ketacare"]


def test_a_forged_seal_counts_as_a_seal_nothing_matches(chain, tmp_path: Path):
    path = tmp_path / "heads"
    with tenant(chain.organisation_id):
        actions.seal_heads(path=path, key=KEY, at=AT)
    entry = json.loads(path.read_text()) | {"hash": "0" * 64}
    path.write_text(json.dumps(entry) + "\n")
    assert breaks(chain, queries.seals_of(path, KEY)[chain.pk]) == ["differs from the seal kept outside the database"]


def test_a_rolled_back_act_leaves_neither_line_nor_link(chain):
    def written() -> tuple[int, int]:
        with tenant(chain.organisation_id):
            return Line.objects.count(), Link.objects.count()

    before = written()
    with tenant(chain.organisation_id):
        a_patient(someone(chain, Role.FD))
        transaction.set_rollback(True)
    assert written() == before
    assert breaks(chain) == []


def test_an_audit_line_holds_no_name_or_value(db):
    clinic = a_clinic()
    a_patient(someone(clinic, Role.FD), family="Zyzzyva", given="Quill")
    text = repr(list(Line.objects.values()))
    assert "Zyzzyva" not in text
    assert "Quill" not in text


def test_lines_of_two_clinics_are_two_chains(fresh_database):
    with transaction.atomic():
        north, south = a_clinic("North"), a_clinic("South")
    for clinic in (north, south, north):
        with tenant(clinic.organisation_id):
            a_patient(someone(clinic, Role.FD), born_on=(AT - timedelta(days=9000)).date(), family=str(uuid.uuid4()))
    for clinic, count in ((north, 2), (south, 1)):
        with tenant(clinic.organisation_id):
            assert list(Link.objects.filter(clinic=clinic).order_by("number").values_list("number", flat=True)) == list(
                range(1, count + 1)
            )
        assert breaks(clinic) == []
