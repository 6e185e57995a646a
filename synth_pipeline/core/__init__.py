"""The nouns of the project.  Knows neither Dagster nor the network."""
