"""One file a hazard, named by its number: the control, tried against its cause."""
