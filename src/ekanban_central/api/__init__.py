"""Routes for programs: terminals, scripts, probes."""
