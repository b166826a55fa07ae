"""What training costs: time of the data pipeline and of a step."""
