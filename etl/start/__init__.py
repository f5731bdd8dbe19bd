"""From nothing to a folder in which a mapping runs."""
