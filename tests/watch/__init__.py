"""A session that is watched, in a browser, with the clock in the test's hand."""
