"""What /styleguide/ shows: every component in every state, with invented people and a standing clock."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ketacare.web.styleguide.chairside import BEGAN, chairside
from ketacare.web.styleguide.predicted import predicted

STANDING_AT = datetime(2026, 7, 14, 14, 32, tzinfo=ZoneInfo("America/Chicago"))

Rows = dict[str, Any]


def guide() -> Rows:
    """Everything the page needs, with no database and no request."""
    return {
        "at": STANDING_AT,
        "people": _people(),
        "session": _session(),
        "decisions": _decisions(),
        "under": _under(),
        "duties": _duties(),
        "entries": _entries(),
        "course": _course(),
        "outcome": _outcome(),
        "swatches": SWATCHES,
        "overdue_sheets": [OVERDUE],
        "foreseen": predicted(),
        **chairside(),
    }


OVERDUE = {"title": "Readiness for a dose", "id": "readiness-1", "version": "1.0.0", "next_review_on": date(2026, 6, 1)}
SWATCHES = (
    ("ground", "Ground"),
    ("ink", "Ink"),
    ("ink-soft", "Soft ink"),
    ("line-firm", "Firm line"),
    ("act", "What you can do next"),
    ("plum", "Chart: scores"),
    ("moss", "Chart: therapy"),
    ("done", "Done, with its word"),
)


def _person(**changes: Any) -> Rows:
    person = {
        "family": "Okafor",
        "given": "Miriam",
        "preferred": "Mimi",
        "born_on": date(1985, 7, 14),
        "age": 41,
        "sex": "Female",
        "record_number": "K-1042",
        "photo": None,
        "mark": None,
        "href": "#",
        "allergies": {
            "state": "list",
            "items": [{"what": "Penicillin", "reaction": "hives"}, {"what": "Latex", "reaction": None}],
        },
    }
    return person | changes


def _people() -> Rows:
    asked = {"state": "none", "asked_by": "R. Silva", "asked_on": date(2026, 7, 1)}
    return {
        "listed": _person(),
        "none": _person(family="Lindqvist", given="Aaron", preferred=None, record_number="K-1043", allergies=asked),
        "not_asked": _person(family="Ng", given="Thuy", preferred=None, sex=None, allergies={"state": "not_asked"}),
        "failed": _person(family="Ferreira da Conceição", given="João", preferred="Jay", allergies={"state": "failed"}),
        "marked": _person(mark="Training record: not a real person", record_number=None),
        "alerts": [{"words": "Name alike: Miriam Okafar"}, {"words": "Interpreter: Igbo"}],
    }


def _session() -> Rows:
    return {
        "drug": "ketamine intravenous",
        "given": "21.6 mg",
        "ordered": "36 mg",
        "weight": "72 kg, 14-Jul-2026",
        "started_at": BEGAN,
        "elapsed": "24:10",
        "supervisor": "Dr A. Haddad",
        "age_seconds": 1,
    }


def _under() -> list[Rows]:
    asked = {"title": "Coronary disease, stable", "criterion": "CI-07", "by": "Dr Lee, cardiology"}
    until = date(2026, 12, 31)
    besides = {
        "title": "Psychosis in the past",
        "criterion": "CI-31",
        "by": "Dr Adeyemi, family doctor",
        "binds": False,
    }
    return [
        asked | {"words": "Pressure under 140/90 before each dose; an ECG on file.", "until": until, "binds": True},
        besides | {"words": "Somebody with her on the first evening.", "until": until},
    ]


def _decisions() -> list[Rows]:
    return [_not_yet(), _stopped(), _cleared()]


def _not_yet() -> Rows:
    return {
        "answer": "unknown",
        "sentence": "Not yet: two things are unknown.",
        "sheet": "Clearance before treatment, version 3",
        "at": STANDING_AT,
        "unknowns": [
            {"words": "Pregnancy test not recorded.", "href": "#", "label": "Record the test"},
            {"words": "Blood pressure at rest not measured.", "href": "#", "label": "Measure it"},
        ],
        "reasons": [
            {
                "effect": "unknown",
                "words": "Pregnancy test is due before each course",
                "facts": [{"label": "Last test", "value": "negative", "age": "48 days old"}],
                "remedy": "Test today, or record why it is not needed.",
                "source": "Spravato label, 2025, section 8.1",
                "grade": "V",
            },
            {
                "effect": "caution",
                "words": "A raised blood pressure runs in this record",
                "facts": [{"label": "Last", "value": "142/88 mmHg", "age": "6 days old"}],
                "source": "APA consensus, 2017",
                "grade": "S",
            },
            {"effect": "allows", "words": "No psychosis, past or present", "facts": [], "source": "", "grade": ""},
            {"effect": "allows", "words": "No aneurysm known", "facts": [], "source": "", "grade": ""},
        ],
    }


def _stopped() -> Rows:
    return {
        "answer": "no",
        "sentence": "Do not dose today: blood pressure is above the clinic's stop line.",
        "sheet": "Before each dose, version 7",
        "at": STANDING_AT,
        "unknowns": [],
        "reasons": [
            {
                "effect": "stops",
                "words": "Systolic above 160 mmHg on two readings",
                "facts": [
                    {"label": "14:12", "value": "168/96 mmHg", "age": "20 min old"},
                    {"label": "14:22", "value": "164/94 mmHg", "age": "10 min old"},
                ],
                "remedy": "Rest ten minutes and repeat, or ask Dr A. Haddad, who may override with a reason.",
                "source": "Clinic policy, adopted 02-Mar-2026",
                "grade": "D",
            }
        ],
    }


def _cleared() -> Rows:
    return {
        "answer": "yes",
        "sentence": "Ready to start.",
        "sheet": "Before each dose, version 7",
        "at": STANDING_AT,
        "unknowns": [],
        "reasons": [{"effect": "allows", "words": "Nine of nine checks are met", "facts": [], "source": ""}],
    }


def _duties() -> list[Rows]:
    return [
        {
            "state": "escalated",
            "due_words": "38 min late",
            "words": "Answer the crisis reply",
            "who": "Miriam Okafor",
            "why": "She said thoughts of suicide are back; the therapist has not answered.",
            "owner": "Dr A. Haddad",
            "href": "#",
            "act": {"label": "Call her now", "href": "#"},
        },
        {
            "state": "late",
            "due_words": "6 min late",
            "words": "Blood pressure at T+15",
            "who": "chair 3",
            "why": "Schedule for intravenous ketamine.",
            "owner": "R. Silva",
            "href": "#",
            "act": None,
        },
        {
            "state": "due",
            "due_words": "15:10",
            "words": "Witness the waste",
            "who": "14.4 mg ketamine",
            "why": "A witness signs before the vial is closed.",
            "owner": None,
            "href": "#",
            "act": {"label": "Witness", "href": "#"},
        },
        {
            "state": "done",
            "due_words": "13:40",
            "words": "Morning count",
            "who": "",
            "why": "",
            "owner": "R. Silva",
            "href": "#",
            "act": None,
        },
    ]


def _entries() -> list[Rows]:
    def at(minutes: int) -> datetime:
        return BEGAN + timedelta(minutes=minutes)

    return [
        {"at": at(0), "t": "T+0", "who": "R. Silva", "words": "Infusion started, 36 mg over 40 min", "was": []},
        {
            "at": at(15),
            "t": "T+15",
            "who": "R. Silva",
            "source": "by hand",
            "words": "Blood pressure 138/86 mmHg",
            "amend_href": "#",
            "was": [{"words": "183/86 mmHg", "who": "R. Silva", "at": at(17), "why": "misread device"}],
        },
        {
            "at": at(18),
            "t": "T+18",
            "who": "R. Silva",
            "late": True,
            "words": "Nausea, mild",
            "detail": "“A bit queasy, like on a boat.” Cool cloth, head raised.",
            "was": [],
        },
        {
            "at": at(20),
            "t": "T+20",
            "who": "T. Brandt",
            "words": "Ondansetron 4 mg",
            "was": [],
            "error": {"who": "T. Brandt", "at": at(21), "why": "entered on the wrong patient"},
        },
    ]


def _course() -> Rows:
    first = ((28, "Dose 1"), (31, "Dose 2"), (35, "Dose 3"), (38, "Dose 4"))
    doses = [{"day": day, "mg": 36, "words": f"{words}, 36 mg", "href": "#", "planned": False} for day, words in first]
    ahead = [{"day": day, "mg": 36, "words": "Planned", "href": "#", "planned": True} for day in (45, 49)]
    scores = ((3, 21), (27, 20), (29, 12), (33, 11), (37, 8), (41, 9))
    return {
        "days": 70,
        "today": 42,
        "sentence": "Four of six doses given; PHQ-9 from 21 to 9 in six weeks.",
        "steps": [
            {"day": 0, "words": "Referred 02-Jun", "href": "#"},
            {"day": 13, "words": "Evaluated", "href": "#"},
            {"day": 22, "words": "Plan agreed", "href": "#"},
        ],
        "doses": doses + ahead,
        "therapy": [{"from_day": start, "to_day": start + 1.2, "words": "Therapy"} for start in (24, 29, 33, 40)],
        "scores": [{"day": day, "value": value} for day, value in scores],
        "score_name": "PHQ-9",
        "score_max": 27,
        "next": {"words": "Dose 5", "href": "#", "when": "17-Jul-2026 13:30, chair 3"},
    }


def _outcome() -> Rows:
    points = (
        ("2026-06-05", 21),
        ("2026-06-29", 20),
        ("2026-07-01", 12),
        ("2026-07-05", None),
        ("2026-07-09", 8),
        ("2026-07-13", 9),
    )
    return {
        "scale": "PHQ-9",
        "version": "1999, English",
        "max": 27,
        "points": [{"on": on, "value": value, "missing": value is None} for on, value in points],
        "bands": [
            {"from": 0, "to": 4, "words": "minimal"},
            {"from": 5, "to": 9, "words": "mild"},
            {"from": 10, "to": 14, "words": "moderate"},
            {"from": 15, "to": 19, "words": "moderately severe"},
            {"from": 20, "to": 27, "words": "severe"},
        ],
        "lines": [{"value": 10.5, "words": "response"}, {"value": 4, "words": "remission"}],
        "doses": [
            {"on": "2026-06-30", "words": "36 mg"},
            {"on": "2026-07-03", "words": "36 mg"},
            {"on": "2026-07-07", "words": "36 mg"},
            {"on": "2026-07-10", "words": "36 mg"},
        ],
        "therapy": [{"from_on": "2026-07-01", "to_on": "2026-07-02", "words": "integration"}],
        "effects": [{"on": "2026-07-03", "words": "nausea"}],
    }
