"""Mappings made at random, held against the documentation: check, test and run must judge them alike."""
