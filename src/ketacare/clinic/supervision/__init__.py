"""Who supervises and who watches, which screens answer, and who is told of an alarm that nobody answers."""
