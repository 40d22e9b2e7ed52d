"""Plugged into the core from outside: speed, tracing, NumPy, copies, expressions in messages."""
