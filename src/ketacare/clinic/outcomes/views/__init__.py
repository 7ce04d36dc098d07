"""Pages of the outcomes room: the patient's check-in by link, and the desk's side of it."""
