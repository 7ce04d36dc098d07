"""Evaluating a person: the facts as they are known, the answer so far, the prescriber's decision, the programme."""
