"""A way back in for whoever lost their password: in person, by two people of the clinic (K7)."""
