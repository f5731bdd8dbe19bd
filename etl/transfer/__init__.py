"""Moving records: the loop that serves both directions, what it decides, what it reports."""
