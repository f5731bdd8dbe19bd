"""The mapping language: from strict YAML to typed rules, and an interpreter that applies them both ways."""
