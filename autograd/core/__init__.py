"""The engine: a table of derivatives, Values that record what is computed from them, and the backward pass.

Read in this order: `table`, `value`, `recording`, `graph`.  Nothing here knows arrays, tracing, pictures or files;
outer folders plug in at the places listed in `state.Seams`.
"""
