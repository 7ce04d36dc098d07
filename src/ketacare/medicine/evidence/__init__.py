"""Sources, grades, figures, facts, conditions in three-valued logic, and decisions as values."""
