"""The dosing session from check-in to the signed note, on one append-only timeline."""
