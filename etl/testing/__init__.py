"""Proof of a mapping: its examples, golden records, and the interpreter's laws on generated records."""
