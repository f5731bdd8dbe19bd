"""Records as files: one JSON object each, or many, in a folder of this machine or behind a URL."""
