"""The pages of a dosing session, a file per part of the day."""
