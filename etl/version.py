"""The version of the engine, read by the package build and by `etl --version`."""

__version__ = "0.1.0"
