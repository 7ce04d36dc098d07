"""Who works here: two people give a post, one ends it; and a patient's way to their own pages."""
