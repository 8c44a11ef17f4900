"""`tf.profiler`: how many parameters and floating-point operations a graph has."""
