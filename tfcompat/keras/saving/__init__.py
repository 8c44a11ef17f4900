"""Models and their values in files."""
