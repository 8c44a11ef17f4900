"""tf.contrib.seq2seq: decoders in a loop, attention, beam search."""
