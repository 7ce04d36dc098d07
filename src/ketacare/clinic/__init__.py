"""What is done and kept here: one Django app per room."""
