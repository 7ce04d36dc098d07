"""Every module of the medicine wing imports in an interpreter where Django and psycopg cannot be imported."""

import os
import subprocess
import sys
from pathlib import Path

SRC = Path(__file__).parents[2] / "src"

PROGRAM = """
import importlib, pkgutil, sys

class Barred:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {barred!r}:
            raise ImportError(f"{{name}} is barred from the medicine wing")

sys.meta_path.insert(0, Barred())
{extra}
import ketacare.medicine as wing
names = [m.name for m in pkgutil.walk_packages(wing.__path__, wing.__name__ + ".") if ".tests" not in m.name]
for name in names:
    importlib.import_module(name)
print(len(names))
"""
BARRED = {"django", "psycopg", "jinja2", "allauth"}


def run(extra=""):
    program = PROGRAM.format(barred=BARRED, extra=extra)
    environment = {**os.environ, "PYTHONPATH": str(SRC)}
    return subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)


def test_medicine_imports_without_django_or_psycopg():
    done = run()
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 10


def test_control_the_bar_does_bar():
    done = run("import django")
    assert done.returncode != 0
    assert "barred from the medicine wing" in done.stderr
