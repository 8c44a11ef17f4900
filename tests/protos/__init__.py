"""Tests of tfcompat.protos."""
