"""AP and time of what a user could pick today, measured in one run."""
