"""The chain rule between named values, in words, numbers and LaTeX."""
