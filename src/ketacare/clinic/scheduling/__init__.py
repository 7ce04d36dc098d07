"""Chairs, appointments, and the Visit: the hub that other records point to."""
