"""Tests of tfcompat."""
