"""What can be broken on purpose, for real, and healed again."""
