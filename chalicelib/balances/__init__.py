"""What customers have left, and telling them when it is little (R15)."""
