"""Media files: their types, and the sandbox tasks that decode them."""
