"""Images of poses, of a training step, and of a training."""
