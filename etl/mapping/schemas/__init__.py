"""JSON Schemas: what a record must look like, and what may stand at a path."""
