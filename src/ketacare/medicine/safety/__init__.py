"""Risk triage, side effects, and where help is found."""
