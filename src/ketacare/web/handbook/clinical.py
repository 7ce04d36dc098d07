"""The clinical handbook: the knowledge sheets, chapter by chapter, found in the rooms of the medicine wing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from ketacare import medicine
from ketacare.medicine.evidence.reader import read_sheet, shelf
from ketacare.medicine.evidence.rules import figures_of
from ketacare.medicine.evidence.terms import Grade, Sheet
from ketacare.web.handbook import instruments, kinetics
from ketacare.web.handbook.figures import chapter
from ketacare.web.handbook.markdown import page, table, written_from

MEDICINE = Path(medicine.__path__[0])


@dataclass(frozen=True)
class Topic:
    file: str
    title: str
    sheets: tuple[str, ...]
    words: str


# Parts of the contents, each from this page on, in the order of a treatment.
PARTS = {
    "indications.md": "Who is a candidate",
    "protocol.md": "The programme and the day of a dose",
    "instruments.md": "Following up",
    "vignettes.md": "Behind the handbook",
}


TOPICS = (
    Topic(
        "indications.md",
        "Indications and what was tried",
        ("candidacy/indications*", "candidacy/trials*", "candidacy/staging*"),
        "For whom treatment is meant, when an antidepressant trial counts, drug by drug, and how resistance is staged.",
    ),
    Topic(
        "contraindications.md",
        "What stands against treatment",
        ("candidacy/contraindications*", "candidacy/pressure*", "candidacy/special-groups*"),
        "Which facts stop, delay or caution: heart and brain, mind, substances, body, pregnancy, blood pressure, older "
        "and younger people. Stop goes before unknown, unknown before clearance, clearance before caution.",
    ),
    Topic(
        "workup.md",
        "Work-up",
        ("candidacy/workup*",),
        "Which examination, test or question is owed before the first dose and again later, and how long it counts. "
        "What is owed and absent or too old is unknown, never a no.",
    ),
    Topic(
        "medicines.md",
        "Medicines and interactions",
        ("candidacy/interactions*", "candidacy/formulary*"),
        "What each medicine or substance does to treatment, what to do about it on the day of a dose, and the table of "
        "drugs by name, brand and class. A name that is not in it is not checked, which is never the same as safe.",
    ),
    Topic(
        "suicide-risk.md",
        "Suicide risk and paths by exception",
        ("candidacy/risk*", "candidacy/exceptions*"),
        "What the risk found before an offer or a dose leads to, and who may go past a criterion, under which "
        "conditions and on whose word.",
    ),
    Topic(
        "scales.md",
        "Scales and bands",
        ("candidacy/bands*",),
        "How the totals of scales are read, and the points of Child-Pugh.",
    ),
    Topic(
        "consent.md",
        "What is told before consent",
        ("candidacy/consent*",),
        "The elements that somebody has told and understood before they consent, by product.",
    ),
    Topic(
        "intake.md",
        "Intake, and what follows a decision",
        ("candidacy/intake*", "candidacy/following*"),
        "How long a patient's or a specialist's link stays open, when somebody asks again, and how soon a duty is due.",
    ),
    Topic(
        "facts.md",
        "Vocabulary of facts and diagnoses",
        ("candidacy/facts*", "candidacy/at-odds*", "candidacy/allergens*", "candidacy/codes*"),
        "Every fact that a criterion may read, by name, with who can tell it and which values are believed; the codes "
        "of diagnoses.",
    ),
    Topic(
        "protocol.md",
        "Protocols",
        (
            *("protocols/p-*", "protocols/titration-1", "protocols/reviews-1", "protocols/amounts-1"),
            *("protocols/iv-amounts-1", "protocols/other-amounts-1", "protocols/syringes-1", "protocols/mon-*"),
            *("protocols/esketamine-device-1", "protocols/follow-up-1"),
        ),
        "A programme's dose, ceilings, schedule and follow-up. A clinic adopts a protocol by name; an enrolment keeps "
        "the version it began with.",
    ),
    Topic(
        "readiness.md",
        "Ready to begin today",
        ("protocols/readiness*",),
        "What is checked before each dose: go, prescriber decides, or no-go. Unknown is not go.",
    ),
    Topic(
        "limits.md",
        "Alarm limits and times",
        ("protocols/tx-*", "monitoring/*", "supervision/*"),
        "When a value is marked, and when somebody is called. Keep the bedside monitor's own alarms on: these are a "
        "second pair of eyes.",
    ),
    Topic(
        "release.md",
        "Ready to go home",
        ("protocols/rl-*",),
        "What must be recorded, and how it must stand, before a patient may leave. Unknown is not ready.",
    ),
    Topic(
        "instruments.md",
        "Instruments",
        ("outcomes/*",),
        "What is asked of patients and by raters, when, how answers are read, and whose wording it is. A missing "
        "answer is never zero.",
    ),
    Topic(
        "safety.md",
        "Signs of danger",
        ("safety/*",),
        "Which answers raise a concern, how soon a person must answer it, and what a clinician's finding leads to.",
    ),
    Topic(
        "programme.md",
        "Outcomes of a programme",
        ("registry/*",),
        "How response, remission and loss are counted over many courses, when a number is too small to show, and what "
        "others published, each row with its arms, its time, its caveat and how sure its figures are.",
    ),
    Topic("therapy.md", "Integration", ("therapy/*",), "When psychotherapy works with what a dose opened."),
    Topic(
        "planning.md",
        "Planning a course",
        ("scheduling/*",),
        "How long visits last, how many chairs one nurse watches, how far apart visits stand, and how fairness is "
        "counted.",
    ),
    Topic(
        "patients.md",
        "What patients read",
        ("careplan/*",),
        "Our own wording for patients and those who help them, in English and Spanish, each fact with its source; and "
        "until when a patient's pages show least after a dose.",
    ),
    Topic(
        "pharmacology.md",
        "What the drug does",
        ("pharmacology/*", "pharmacy/*", "dosing/*", "quantities/*"),
        "The figures behind prediction and stock.",
    ),
    Topic(
        "amending.md",
        "A clinic's own figures",
        ("evidence/*",),
        "How far a clinic's own figure may lie from the shipped one: what is refused and what is asked about once.",
    ),
)

# The page of another module: the patients on whom the criteria are shown.
VIGNETTES = Topic(
    "vignettes.md",
    "Invented patients",
    (),
    "Patients who never lived, written from the sources by somebody who did not write the rules, each with the answer "
    "that the sources give. Every criterion is shown met, not met and unknown.",
)


# The page of another module: what predictions are held against.
VALIDATION = Topic(kinetics.FILE, kinetics.TITLE, (), kinetics.WORDS)

# The page of every sheet in every version on file.
ALL_SHEETS = Topic(
    "sheets.md",
    "All sheets",
    (),
    "Each sheet with its version, its review and how many of its figures nobody has re-read in their source.",
)


def sheets() -> list[Path]:
    return sorted(MEDICINE.glob("*/knowledge/*.toml"))


def place_of(sheet: Path) -> str:
    """Room and name, as the topics call it."""
    return f"{sheet.parents[1].name}/{sheet.stem}"


def sheets_of(topic: Topic) -> list[Path]:
    """In the order in which the topic names them."""
    return [sheet for wanted in topic.sheets for sheet in sheets() if fnmatch(place_of(sheet), wanted)]


def pages() -> Iterator[tuple[str, str]]:
    filled = [topic for topic in TOPICS if sheets_of(topic)]
    yield "clinical/README.md", contents(filled)
    yield f"clinical/{ALL_SHEETS.file}", all_sheets()
    for topic in filled:
        chapters = [chapter(read_sheet(sheet)) for sheet in sheets_of(topic)]
        if topic.file == instruments.FILE:
            chapters.insert(0, instruments.licences())
        yield (
            f"clinical/{topic.file}",
            page(topic.title, topic.words, written_from("the knowledge sheets"), *chapters),
        )


def all_sheets() -> str:
    """A row for each version of each sheet; what ships now first, then what it replaced."""
    places = {sheet.stem: topic.file for topic in TOPICS for sheet in sheets_of(topic)}
    heads = ("sheet", "title", "version", "status", "reviewed", "next review", "figures", "unconfirmed")
    rows = [
        row_of(sheet, places.get(sheet_id, "README.md"), is_newest=sheet is versions.newest)
        for sheet_id, versions in shelf(MEDICINE).items()
        for sheet in versions.sheets
    ]
    return page(ALL_SHEETS.title, ALL_SHEETS.words, written_from("the knowledge sheets"), table(heads, rows))


def row_of(sheet: Sheet, file: str, *, is_newest: bool) -> tuple[str, ...]:
    head, found = sheet.header, list(figures_of(sheet))
    unconfirmed = sum(getattr(entry.value, "grade", None) is Grade.M for entry in found)
    status = str(head.status) if is_newest else f"{head.status}, replaced"
    days = (head.reviewed_on.strftime("%d-%b-%Y"), head.next_review_on.strftime("%d-%b-%Y"))
    return (f"[{head.id}]({file})", head.title, head.version, status, *days, str(len(found)), str(unconfirmed))


def contents(topics: list[Topic]) -> str:
    grades = table(("grade", "meaning"), [(f"**{grade}**", grade.words) for grade in Grade])
    listed = "\n".join(line for topic in [*topics, VIGNETTES, VALIDATION, ALL_SHEETS] for line in entry(topic))
    return page(
        "Clinical handbook",
        "What Ketacare knows and by which lines it judges. Every figure has a unit, a grade and a source, which is "
        "written out under its sheet. It supports a clinician's decision and never replaces one.",
        written_from("the knowledge sheets"),
        listed,
        "## How far a figure may be trusted",
        grades,
        "A figure without unit, source and grade does not load. A sheet past its review date warns on the pages that "
        "use it.",
    )


def entry(topic: Topic) -> Iterator[str]:
    if topic.file in PARTS:
        yield f"\n## {PARTS[topic.file]}\n"
    yield f"- [{topic.title}]({topic.file}): {topic.words}"
