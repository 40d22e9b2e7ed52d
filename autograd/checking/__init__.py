"""Checking gradients: verdicts, the references they rest on, and where a wrong gradient goes wrong."""
