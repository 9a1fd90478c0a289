"""Cards printed at the terminal: replacements for the lost and the damaged, while central is there and while it is not."""
