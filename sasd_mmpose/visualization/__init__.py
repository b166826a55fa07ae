"""Images of poses and of a training step."""
