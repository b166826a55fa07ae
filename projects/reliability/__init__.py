"""What holds under faults: the trials of tests/faults as a page of the docs."""
