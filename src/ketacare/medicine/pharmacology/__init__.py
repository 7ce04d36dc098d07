"""What the drug does: concentrations of ketamine and norketamine over time, for one patient or a virtual population."""
