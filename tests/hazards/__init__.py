"""One file a hazard of safety.md section 2, named by its number: the control, tried against its cause."""
