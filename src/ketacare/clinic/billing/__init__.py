"""What a finished dosing visit is billed by, from its record: minutes, drug and people; and whether it was billed."""
