"""P1, P3 over what no person asks for: every task has a caller and runs inside a tenant, and every live ticket is given
out behind a door. A function that is not classified here fails the build, so that somebody has to think about it."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

import ketacare
from ketacare.clinic.monitoring import access as monitoring
from ketacare.web.commands import worker

ROOT = Path(ketacare.__file__).parent
ROOMS = [*sorted(ROOT.glob("clinic/*/tasks.py")), *sorted(ROOT.glob("exchange/*/tasks.py"))]
PROCESSES = [ROOT / "web" / "commands" / f"{name}.py" for name in ("worker", "watch")]
INTO_A_TENANT = ("tenant", "for_each_organisation", "enter")

# Every function of a room's tasks: what it is for. A chore of the worker is found in the worker's own list besides.
TASKS = {
    "audit.seal_all": "hourly: the signed heads of all chains, kept outside the database",
    "audit.verify_all": "`ketacare verify`: proves every chain",
    "audit.verify_one": "the audit page: proves one clinic's chain, in the tenant of its reader",
    "audit.seal_file": "part: where the seals are kept",
    "candidacy.tell_ends": "hourly: clearances that end soon or have ended",
    "dosing.see_to_who_stays": "each round: patients who are not ready long after they might have been",
    "dosing.follow_adverse_events": "hourly: serious events that nobody reported and nobody follows",
    "dosing.open_reviews": "hourly: reviews of a course that fall due",
    "duties.escalate_due": "each round: what nobody did climbs",
    "outcomes.deliver_due": "each round: messages whose time has come",
    "outcomes.follow_courses": "each round: asks made, moved and stopped as the course has them",
    "outcomes.follow_silence": "each round: messages that nobody took, or of which no receipt came",
    "outcomes.send_due": "the caller, each second: messages to patients to their gateways",
    "outcomes.show_caught": "the caller, each second: in a demo, what was caught to the catcher as well",
    "outcomes.show": "part: one of them, in the tenant its caller entered",
    "outcomes.ready": "part: which of them, in the tenant its caller entered",
    "outcomes.taken": "part: the same, marked as this sender's",
    "outcomes.hand_back": "hourly: integration visits of whoever is on the case no more",
    "outcomes.close_missed": "each round: asks whose window closed",
    "posts.tell_licences": "hourly: licences of people who work here that end soon or have ended",
    "planning.remind_due": "each round: dosing visits that are near",
    "people.end_sessions_of_removed": "each round: sign-ins of somebody whose last post ended (P6)",
    "people.signed_in_without_post": "part: who they are",
    "people.end_for": "part: one of them, in a transaction of its own",
    "recovery.send_due": "the caller, each second: the mail to whoever got a way back into their account",
    "registry.learn_next": "each round: how gains fade in one clinic and by one scale, each once a day",
    "registry.learn_fading": "part: the same of all that are due, where the worker goes through everything once",
    "registry.due_to_learn": "part: which clinics and scales, in the tenant its caller entered",
    "registry.keep_counts": "each round: what the programme's page counts of whoever something was written of",
    "registry.due_to_keep": "part: which patients, in the tenant its caller entered",
    "registry.keep_fading": "part: one of them, in the tenant its caller entered",
    "safety.climb_due": "each round: whoever must be called about a concern; the caller climbs it each second besides",
    "safety.send_due": "the caller, each second: calls about concerns to their gateways",
    "safety.send_help": "the caller, each second: where help is, to numbers from which words of danger came",
    "safety.see_to_rosters": "each round: a gap in the roster is the director's duty",
    "supervision.send_due": "the caller, each second: calls of alarms to their gateways",
    "supervision.forget_old_screens": "hourly: signs of life of pages long closed",
}
CHORES = {name for name, what in TASKS.items() if what.startswith(("each round", "hourly"))}
NEEDS_NO_TENANT = {
    "audit.seal_file": "a path",
    "audit.verify_one": "its caller's request has entered one",
    "registry.due_to_learn": "its caller has entered one",
    "registry.keep_counts": "each round: what the programme's page counts of whoever something was written of",
    "registry.due_to_keep": "part: which patients, in the tenant its caller entered",
    "registry.keep_fading": "its caller has entered one",
    "outcomes.ready": "its caller has entered one",
    "outcomes.taken": "its caller has entered one",
    "outcomes.show": "its caller has entered one",
}

# Every function of the two processes that let time pass.
PROCESS = {
    "worker.add_arguments": "command line",
    "worker.run": "command line",
    "worker.work_until": "the loop",
    "worker.round_of": "the loop: one round",
    "worker.alive": "the sign of life of a round",
    "worker.chores": "the list of tasks of a round",
    "worker.hourly": "the list of tasks of an hour",
    "worker.learning_at_once": "what takes minutes, where the worker goes through everything once",
    "watch.add_arguments": "command line",
    "watch.run": "the loop",
    "watch.holds_the_lock": "one watch at a time",
    "watch.look_at_the_clock": "the server's own clock, which is no clinic's",
    "watch.ticked": "part of a round: one clinic, in tenants it enters by itself",
    "watch.renewed": "part of a round: doses that still act, in tenants it enters by itself",
    "watch.looked": "part of a round: who watches, listens and supervises, in tenants it enters by itself",
    "watch.people_told": "part of a round: the ladder, in tenants it enters by itself",
    "watch.failures_told": "part of a round: sessions to be watched by eye, in a tenant of its own",
    "watch.alone": "part of a round: one of these, and what became of it",
    "watch.logger": "where faults are said",
    "watch.round_of_all": "a round: each clinic in a tenant of its own",
    "watch.until_the_next": "the loop: waits for the next round",
}

# Who may hear which topics: each ticket is written behind one of these doors.
DOORS = ("require", "granted")
TICKETS = {"visit_ticket": DOORS, "visits_ticket": DOORS, "wall_ticket": DOORS}
SIGNS = "ticket_for"  # signs what it is told: only the functions above, and those named here, may call it
SIGNERS = {f"monitoring.access.{name}" for name in TICKETS}


def functions(path: Path) -> Iterator[tuple[str, ast.FunctionDef]]:
    room = path.parent.name if path.name == "tasks.py" else path.stem
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{room}.{node.name}", node  # type: ignore[misc]


FOUND = {name: node for path in ROOMS for name, node in functions(path)}
FOUND_IN_PROCESSES = {name: node for path in PROCESSES for name, node in functions(path)}


def unclassified(found: dict[str, ast.FunctionDef], known: dict[str, str]) -> set[str]:
    return set(found) ^ set(known)


def test_every_task_says_what_it_is_for():
    assert unclassified(FOUND, TASKS) == set()


def test_every_function_of_worker_and_watch_says_what_it_is_for():
    assert unclassified(FOUND_IN_PROCESSES, PROCESS) == set()


def test_control_a_task_nobody_classified_is_found():
    added = ast.parse("def forget_everything(at): ...").body[0]
    assert unclassified(FOUND | {"people.forget_everything": added}, TASKS) == {"people.forget_everything"}


def called(node: ast.AST) -> set[str]:
    """The last words of what a function calls or hands on."""
    return {
        found.attr if isinstance(found, ast.Attribute) else found.id
        for found in ast.walk(node)
        if isinstance(found, ast.Attribute | ast.Name)
    }


def enters_a_tenant(name: str, found: dict[str, ast.FunctionDef]) -> bool:
    """By itself, by a function of its own file, or by the action it hands over to, which then does."""
    words = called(found[name])
    room = name.split(".")[0]
    own = [other for other in found if other.startswith(f"{room}.") and other != name and other.split(".")[1] in words]
    return bool(words & set(INTO_A_TENANT)) or any(enters_a_tenant(other, found) for other in own) or acts(name, words)


def acts(name: str, words: set[str]) -> bool:
    rooms = (name.split(".")[0], "channels")  # every room that calls people hands its calls to that one
    paths = [ROOT / "clinic" / room / "actions.py" for room in rooms]
    named = {found: node for path in paths if path.is_file() for found, node in functions(path)}
    return any(called(node) & set(INTO_A_TENANT) for action, node in named.items() if action.split(".")[1] in words)


@pytest.mark.parametrize("name", sorted(set(TASKS) - set(NEEDS_NO_TENANT)))
def test_p3_every_task_runs_in_a_tenant(name):
    assert enters_a_tenant(name, FOUND)


def test_control_a_task_without_a_tenant_is_found():
    loose = ast.parse("def loose(at):\n    return Patient.objects.count()").body[0]
    assert not enters_a_tenant("nowhere.loose", {"nowhere.loose": loose})


def test_every_chore_is_in_the_workers_list_and_nothing_else_is():
    """A task that nobody starts escalates nothing."""
    text = inspect.getsource(worker.chores) + inspect.getsource(worker.hourly)
    listed = {name for name in FOUND if f"{name.replace('.', '.', 1)}" in text}
    assert listed == CHORES


def test_every_chore_of_the_worker_is_a_task_or_pruning():
    names = [chore.name for chore in [*worker.chores(), *worker.hourly()]]
    assert len(names) == len(set(names)) == len(CHORES) + 2  # two more forget keys and live events


# -- live channels -----------------------------------------------------------------------------------------------------


def givers(module: ast.Module) -> dict[str, ast.FunctionDef]:
    nodes = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
    return {name: node for name, node in nodes.items() if SIGNS in called(node)}


def test_p1_every_ticket_is_given_out_behind_a_door():
    found = givers(ast.parse(inspect.getsource(monitoring)))
    assert set(found) == set(TICKETS)
    for name, node in found.items():
        assert called(node) & set(TICKETS[name]), name


def test_p1_nobody_else_signs_a_ticket():
    elsewhere = set()
    for path in sorted(ROOT.rglob("*.py")):
        if "tests" in path.parts:
            continue
        for name in givers(ast.parse(path.read_text())):
            elsewhere.add(f"{path.parent.name}.{path.stem}.{name}")
    assert elsewhere == SIGNERS


def test_p6_a_ticket_ends_before_a_right_that_was_taken_away_may_still_be_felt():
    assert monitoring.TICKET_LASTS.total_seconds() < 60


def test_control_a_ticket_without_a_door_is_found():
    loose = ast.parse("def any_ticket(actor, at):\n    return ticket_for(actor, ['visit:*'], at=at)")
    (node,) = givers(loose).values()
    assert not called(node) & set(DOORS)
