"""Examining: what a run needs, looked at without changing anything."""
