"""What the operations pages say is what is there."""

import json
import re
import shutil
from pathlib import Path

import make
import pytest

from ketacare.web import cli
from ketacare.web.runtime import examination

ROOT = Path(__file__).resolve().parents[2]
OUR_SETTINGS = re.compile(r"""["'(](KETACARE_[A-Z_]+|DATABASE_URL)["')]""")
# Between the parts of one test run; nobody sets them.
INTERNAL = {"KETACARE_SIGNS_TO", "KETACARE_TEST_DATA", "KETACARE_TEST_RUN", "KETACARE_TEST_SERVER"}
# Read by their lower-case names (ketacare.web.settings.secret).
SECRETS = {"KETACARE_SECRET_KEY", "KETACARE_AUDIT_KEY", "KETACARE_PRIVATE_KEY"}


def direct_requirements() -> set[str]:
    lines = [
        line
        for source in ("requirements.in", "requirements-dev.in", "requirements-bench.in", "requirements-node.in")
        for line in (ROOT / source).read_text().splitlines()
    ]
    python = {re.split(r"[\[~=<>!; ]", line)[0] for line in lines if line and not line.startswith(("-", "#"))}
    manifest = json.loads((ROOT / "package.json").read_text())
    return python | set(manifest["dependencies"]) | set(manifest["devDependencies"])


def first_column(page: str) -> set[str]:
    rows = re.findall(r"^\| `?([^|`]+?)`? \|", (ROOT / page).read_text(), flags=re.MULTILINE)
    return {row for row in rows if row not in ("package", "setting")}


def test_every_direct_dependency_has_its_reason_and_no_other_is_listed() -> None:
    assert first_column("docs/dependencies.md") == direct_requirements()


def test_every_setting_is_documented_and_no_other() -> None:
    sources = [*(ROOT / "src").rglob("*.py"), *(ROOT / "tests").rglob("*.py"), ROOT / "make.py"]
    read = {name for source in sources for name in OUR_SETTINGS.findall(source.read_text())}
    assert first_column("docs/reference/settings.md") == (read | SECRETS) - INTERNAL


@pytest.mark.parametrize("lock", [f"requirements{part}.lock" for part in ("", "-dev", "-bench", "-node")])
def test_locks_have_checksums_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert "file:" not in text
    assert re.search(r"^--(index|find|extra)", text, flags=re.MULTILINE) is None
    pinned = re.findall(r"^[a-z0-9].*==.*$", text, flags=re.MULTILINE)
    assert pinned
    assert all(line.endswith("\\") for line in pinned)


def test_the_page_manifest_has_checksums_and_no_address() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    packages.pop("")
    assert packages
    assert all("integrity" in package and "resolved" not in package for package in packages.values())


def test_the_pages_use_no_vendored_file_that_is_not_fetched() -> None:
    web = ROOT / "src" / "ketacare"
    pages = [page for kind in ("*.jinja", "*.css", "*.js") for page in web.rglob(kind) if "vendor" not in page.parts]
    used = {name for page in pages for name in re.findall(r"vendor/([\w.-]+)", page.read_text())}
    assert used
    assert used <= set(make.ASSETS.values())


def test_the_doctor_looks_for_files_that_are_fetched() -> None:
    assert set(examination.ASSETS) <= set(make.ASSETS.values())


def test_operations_name_only_commands_that_exist() -> None:
    pages = " ".join(page.read_text() for page in (ROOT / "docs" / "operations").glob("*.md"))
    named = set(re.findall(r"^ *(?:\S*/)?ketacare ([a-z]+)", pages, flags=re.MULTILINE))
    assert named
    assert named <= set(cli.command_names())


def test_h19_doctor_finds_a_sheet_that_was_tampered_with(tmp_path: Path) -> None:
    knowledge = tmp_path / "medicine" / "therapy" / "knowledge"
    shutil.copytree(ROOT / "src/ketacare/medicine/therapy/knowledge", knowledge)
    (found,) = examination.knowledge_sheets(tmp_path)
    assert found.state == "ok"
    sheet = knowledge / "windows.toml"
    sheet.write_text(sheet.read_text().replace("value = 24", "value = 2", 1))
    (found,) = examination.knowledge_sheets(tmp_path)
    assert found.state == "wrong"
    assert "windows.toml: sheet.version: the sheet has changed" in found.text
    (knowledge / "index.csv").unlink()
    (found,) = examination.knowledge_sheets(tmp_path)
    assert "the list of its sheets is missing" in found.text
