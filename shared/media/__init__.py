"""Media files: types told apart by their bytes, and the tasks of the sandbox that decode them."""
