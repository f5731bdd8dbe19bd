"""From strict YAML, with the place of every value, to typed rules; what is wrong becomes findings."""
