"""H39: what is made up to learn with never lies among the papers of patients, nor looks like one of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template.loader import render_to_string

from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.people.tests.factories import browser
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.tenancy.paper import paper
from ketacare.clinic.tenancy.refusals import Refused

ROOT = Path(__file__).resolve().parents[2]
CLINIC = ROOT / "src" / "ketacare" / "clinic"


def papers() -> list[Path]:
    return sorted(CLINIC.rglob("*.typ"))


@pytest.mark.parametrize("template", papers(), ids=lambda path: path.stem)
def test_h39_a_training_clinic_prints_no_paper_of_any_kind(template: Path):
    with pytest.raises(Refused, match="training clinic"):
        paper(template, {}, name=template.stem, clinic=Clinic(is_training=True))


def test_h39_every_paper_leaves_by_the_one_door():
    """Whoever compiles a template elsewhere goes past the refusal."""
    files = [path for path in CLINIC.rglob("*.py") if "typst" in path.read_text(encoding="utf-8")]
    assert [path.name for path in files] == ["paper.py"]
    assert len(papers()) == 5


@pytest.mark.django_db
@pytest.mark.parametrize(("is_training", "status"), [(True, 422), (False, 200)])
def test_h39_the_label_of_a_syringe_is_printed_only_where_patients_are(monkeypatch, is_training, status):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(5))
    day = f.a_day()
    f.to_drawn(day)
    monkeypatch.setattr(Clinic, "is_training", property(lambda _: is_training, lambda *_: None))
    answer = browser(day.nurse).get(f"/sessions/{day.visit.pk}/label.pdf")
    assert answer.status_code == status
    assert (b"%PDF" in answer.content) is not is_training
    if is_training:
        page = answer.content.decode()
        assert "The label is not printed: this is a training clinic" in page
        (there,) = re.findall(r'href="([^"]+)">Read it on the screen', page)
        assert browser(day.nurse).get(there).status_code == 200


def test_h39_a_page_of_a_training_clinic_prints_one_line_and_nothing_else():
    css = (ROOT / "src" / "ketacare" / "web" / "static" / "css" / "print.css").read_text(encoding="utf-8")
    assert "body:has(.training) > *" in css
    assert "nothing of it is printed" in css


def test_h39_a_page_on_a_patients_phone_is_marked_and_keeps_off_paper_too():
    marked = render_to_string("phone.jinja", {"training": True, "lang": "es"})
    assert 'class="training"' in marked
    assert "nadie es real" in marked
    assert 'class="training"' not in render_to_string("phone.jinja", {"training": False})
    css = (ROOT / "src" / "ketacare" / "web" / "static" / "css" / "phone.css").read_text(encoding="utf-8")
    assert "body:has(.training) > *" in css
    assert "nothing of it is printed" in css
