"""A third endpoint: two tables of an SQLite file. It is all that an outside has to bring."""
