"""`tf.data`, readers and the parsing of examples."""
