"""Attacks that take minutes: kills, full disks, hostile files.  Each prints its figures, and fails if one succeeds."""
