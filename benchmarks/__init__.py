"""How fast the engine is, and what it costs over a script written by hand. Run it with `python -m benchmarks`."""
