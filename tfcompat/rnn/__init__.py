"""Recurrent networks: cells, their wrappers, and what runs a cell over time."""
