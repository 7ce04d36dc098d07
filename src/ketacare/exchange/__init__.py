"""What is said to other systems."""
