"""What the other rooms may ask of sheets: which version counts, what is judged by, and what a change would change."""

from ketacare.clinic.protocols.queries.in_force import (
    InForce,
    knowledge_in_force,
    knowledge_under,
    not_adopted,
    protocol_under,
    protocols_in_force,
    sheet_under,
    sheets_in_force,
    versions_in_force,
)
from ketacare.clinic.protocols.queries.reviewing import Review, review
from ketacare.clinic.protocols.queries.rooms import read_by_its_room
from ketacare.clinic.protocols.queries.standing import (
    OnFile,
    adoption,
    adoptions,
    history,
    on_file,
    once_adopted,
    one_on_file,
    unconfirmed,
)
from ketacare.clinic.protocols.queries.versions import (
    JUDGED_BY_VERSION,
    OWN,
    fingerprint_of,
    on_shelf,
    own_copies,
    past_review,
    read_own,
    shelf,
    version_of,
)

__all__ = [
    "JUDGED_BY_VERSION",
    "OWN",
    "InForce",
    "OnFile",
    "Review",
    "adoption",
    "adoptions",
    "fingerprint_of",
    "history",
    "knowledge_in_force",
    "knowledge_under",
    "not_adopted",
    "on_file",
    "on_shelf",
    "once_adopted",
    "one_on_file",
    "own_copies",
    "past_review",
    "protocol_under",
    "protocols_in_force",
    "read_by_its_room",
    "read_own",
    "review",
    "sheet_under",
    "sheets_in_force",
    "shelf",
    "unconfirmed",
    "version_of",
    "versions_in_force",
]
