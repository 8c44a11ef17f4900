"""Models of `tf.keras`: how layers are put together, trained, saved and described."""
