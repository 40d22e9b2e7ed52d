"""The check of other engines: of single numbers, and of arrays."""
