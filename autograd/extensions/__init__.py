"""Extensions, plugged into the core from outside: speed, tracing, NumPy, copying, expressions in messages."""
