"""The interactive page: one HTML file in which a computation is alive."""
