"""Attacks: each module runs one, and prints its figures."""
