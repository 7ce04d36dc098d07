"""The expected error: what cannot be accepted, said as field, rule, remedy (E1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from django.forms import Form

Kind = Literal["impossible", "unlikely", "policy", "missing"]


@dataclass(frozen=True)
class Refusal:
    """One reason not to accept an entry, in the order a reader needs it. `asked`: of a question, what it was about;
    `href`: where the remedy is, if it has a page."""

    field: str
    rule: str
    remedy: str
    kind: Kind = "impossible"
    asked: str = ""
    href: str = ""

    def words(self) -> str:
        return f"{self.field}: {self.rule} {self.remedy}".strip()


class Refused(Exception):
    """Nothing was saved; every reason at once."""

    status = 422

    def __init__(self, refusals: Iterable[Refusal] | Refusal) -> None:
        self.refusals = [refusals] if isinstance(refusals, Refusal) else list(refusals)
        super().__init__("; ".join(refusal.words() for refusal in self.refusals))


class Conflict(Refused):
    """Somebody else saved first: both texts are shown, nothing is overwritten (I4).

    `standing`: the field and the value by which a form says that what stands now was seen, for who saves again."""

    status = 409

    def __init__(
        self,
        refusals: Iterable[Refusal] | Refusal,
        *,
        theirs: str = "",
        yours: str = "",
        standing: tuple[str, str] | None = None,
    ) -> None:
        super().__init__(refusals)
        self.theirs = theirs
        self.yours = yours
        self.standing = standing


def refusals_in(form: Form) -> list[Refusal]:
    """What a form could not read, as refusals beside its fields; all at once (E2)."""
    return [
        Refusal(name, " ".join(f"{label_of(form, name)}: {words}" for words in errors), "")
        for name, errors in form.errors.items()
    ]


def label_of(form: Form, name: str) -> str:
    return str(form.fields[name].label or name) if name in form.fields else "This form"
