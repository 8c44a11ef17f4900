"""Twenty steps of training of every optimizer and of the benchmarks' models, against what the reference computed."""
