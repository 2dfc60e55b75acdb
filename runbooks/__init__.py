"""The platform's runbooks: one Python file each, written as an operator would say it."""
