"""What the real lab is made of: layers, each a partial root file system, built once and kept in a cache."""
