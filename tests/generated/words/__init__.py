"""The words of the language, a module each: how a rule with it is made, and what it does by the documentation."""
