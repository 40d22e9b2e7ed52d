"""The command line, and the parts that all command lines share."""
