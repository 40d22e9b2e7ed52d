"""Neurons, layers and networks, their structure, their samples and their files."""
