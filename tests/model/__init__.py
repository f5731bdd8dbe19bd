"""A model of the shipped mapping: random histories of both sides, run by the engine and judged by a small oracle."""
