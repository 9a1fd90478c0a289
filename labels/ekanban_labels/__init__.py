"""Cards on paper. Knows nothing of databases."""
