"""Pages and doors of supervision that are about no one session."""
