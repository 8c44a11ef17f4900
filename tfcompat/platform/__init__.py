"""What programs use around their graphs: logging, command-line flags, text types, resources, versions."""
