"""The graph as a picture, laid out by Graphviz."""
