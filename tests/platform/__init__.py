"""Tests of logging, flags and text helpers."""
