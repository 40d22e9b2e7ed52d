"""A neuron, or a network, trained on somebody's own CSV file: ``neuron learn data.csv --target column``.

Five stages, each a module that takes what the one before returns: the file as a table of strings (`csv_files`), its
columns as numbers (`typed_columns`), samples for training and held out (`samples`), the trained model in the
units of the file (`training`), and the lines that are printed (`report`).  `command` joins them, and draws and saves.
"""
