"""Records as files: one JSON document each in one folder."""
