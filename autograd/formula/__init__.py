"""The language in which the table of derivatives is written: parsed, checked, compiled, and typeset."""
