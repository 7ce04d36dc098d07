"""What is known and judged. Pure: no Django, no database, no clock, no network."""
