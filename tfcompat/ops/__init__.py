"""VOCABULARY: the public functions, shape functions and gradients of op types, one family a file."""
