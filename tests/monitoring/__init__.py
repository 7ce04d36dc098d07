"""The alarm engine, proved from outside: the rules written out once more, slowly, and held against it tick by tick."""
