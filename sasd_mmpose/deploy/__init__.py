"""Running the deployed net; exporting it."""
