"""The report on a check: as text, in notebooks, and as plots."""
