"""The pages of the evaluation, of amending its facts, and of the programme that follows."""
