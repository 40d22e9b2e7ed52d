"""The likely mistakes behind wrong gradients."""
