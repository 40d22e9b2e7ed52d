"""The right derivatives: by exact replay of a graph, and by finite differences."""
