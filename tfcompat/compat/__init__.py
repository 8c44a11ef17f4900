"""`tfcompat.compat`: the versions of the public namespace."""
