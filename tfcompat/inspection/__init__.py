"""What is in a model's files: as plain data, as text, and as a page with the graph drawn."""
