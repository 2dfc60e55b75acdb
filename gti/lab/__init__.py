"""A platform to practise on: real servers, and faults that one can break and heal."""
