"""tf.metrics: values that accumulate over batches in local variables."""
