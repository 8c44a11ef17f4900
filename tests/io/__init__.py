"""Tests of tfcompat.io."""
