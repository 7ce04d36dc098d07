"""Pages that draw on many rooms: finding a patient, and the patient's chart."""
