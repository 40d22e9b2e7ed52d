"""Functions of functions: derivatives of a Python function, structured arguments, and your own operations."""
