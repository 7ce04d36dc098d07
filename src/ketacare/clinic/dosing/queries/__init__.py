"""Everything that is read from a session's timeline, a file per question."""
