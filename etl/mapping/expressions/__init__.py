"""JMESPath, compiled and bounded."""
