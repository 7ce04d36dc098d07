"""The kinetics, proved from outside: the differential equations written out once more, and stepped through."""
