"""The care plan: one page per patient, made from the record, signed in versions, told to the patient and by letter."""
