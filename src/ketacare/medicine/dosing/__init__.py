"""The dose and its arithmetic, the session's states, readiness to begin and to go home."""
