"""Privacy: what of records is private, and is not shown."""
