"""Training: objective, optimizers, the loop of epochs, and its history."""
