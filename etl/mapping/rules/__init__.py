"""What rules mean: every kind of rule in one room, and their translation of records."""
