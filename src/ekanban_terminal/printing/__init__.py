"""Cards printed at the terminal: replacements for the lost and the damaged, with central or without it."""
