"""Tests of tf.keras."""
