"""The one way to write a mapping."""
