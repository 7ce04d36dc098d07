"""The patient's pages of the intake by link, and the clinic's side of it."""
