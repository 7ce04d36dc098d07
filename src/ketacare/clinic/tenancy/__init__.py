"""Organisations, their clinics, and the walls that keep them apart; what every record below shares."""
