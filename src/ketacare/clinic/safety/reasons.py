"""Why a concern was raised, in words: the sheets' own, and those of what no sheet asks."""

from ketacare.clinic.safety import queries
from ketacare.medicine.safety import reader
from ketacare.medicine.safety.terms import RiskTier

# What speaks of suicide: the safety questions, free text, what a person asked or found, and the items of scales.
OF_SUICIDE = (
    "s1.", "i1.", "words.", "cssrs.", "found.", "session.intent", "phq-9.9.", "qids-sr16.12.", "qids-sr16-24h.12.",
    "bdi-ii.9.", "madrs.10.", "madrs-24h.10.", "hamd-17.3.", "dsi-ss.", "ssi.", "bss.",
)  # fmt: skip


def is_of_silence(code: str) -> bool:
    """Nobody said anything: no sign of theirs to answer with help."""
    return code in ("missed", queries.SILENT)


def is_of_suicide(code: str) -> bool:
    return code.startswith(OF_SUICIDE)


def reason_words(code: str) -> str:
    """What was answered, in the sheet's own words."""
    sheet = reader.triage_sheet()
    row = next((row for row in sheet.rows if row.id == code), None)
    if row is not None:
        return row.reason
    item_id, _, answer = code.partition(".")
    item = sheet.item(item_id)
    if item is not None and answer.isdecimal() and int(answer) < len(item.choices):
        return f"“{item.words}” {item.choices[int(answer)].words}"
    other = OTHER_REASONS.get(code) or OTHER_REASONS.get(code.rpartition(".")[0])
    return other or tier_words(item_id, answer) or code


OTHER_REASONS = {
    "session.intent": "New suicidal or violent intent at a session",
    "session.sign": "A sign seen at a session came to the record after the patient had left",
    "leaving.gone": "Went from a session without telling, or without capacity",
    "leaving.call": "Left a session before ready: to be called tonight",
    "called.home": "The patient called for help from home after a dose",
    "missed": "A safety check was not answered in time",
    queries.SAID_IN_CHECK_IN: "Words of danger at the end of a check-in",
    queries.SAID_IN_REPLY: "Words of danger in an answer to a message",
    queries.SAID_ON_OWN_PAGE: "Words of danger on the patient's own pages",
    queries.SAID_IN_REMINDER: "Words of danger in an answer to a reminder",
    "words.intake": "Words of danger among the answers before the first visit",
    "words.journal": "Words of danger in the patient's own journal",
    queries.SAID_AT_RISK: "At high risk, and wrote something: read it",
    queries.SILENT: "At high risk, and silent after a dose: call",
    "call.worried": "Whoever called the patient is worried",
    "risk.call.worried": "Whoever made a safety call is worried",
}
ASKED_BY_A_PERSON = {"cssrs": "The C-SSRS screener came to", "found": "A clinician found"}


def tier_words(asked: str, tier: str) -> str:
    """A tier that a person found by asking."""
    if asked not in ASKED_BY_A_PERSON or tier not in list(RiskTier):
        return ""
    found = reader.risk_findings()[RiskTier(tier)]
    return f"{ASKED_BY_A_PERSON[asked]} {tier}, {found.name}: {found.finding[:1].lower()}{found.finding[1:]}"
