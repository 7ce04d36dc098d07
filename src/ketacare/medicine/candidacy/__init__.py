"""Who is a candidate: antidepressant trials, contraindications, and what is still unknown."""
