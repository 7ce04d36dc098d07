"""The worklist: what somebody owes a patient, by when, and who hears of it if it is not done."""
