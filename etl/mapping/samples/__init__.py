"""Sample records, made of a schema and of what rules understand: by one maker, from several sources of choices."""
