"""What is plugged into the core from outside: speed, tracing, NumPy, copies, expressions in messages."""
