"""Masses, volumes, rates, durations, concentrations: the unit lives in the type."""
