"""Central's schema history."""
