"""What gti promises of a platform, tried on a lab: `pytest tests/contract --lab real`."""
