"""The command line, and what command lines share."""
