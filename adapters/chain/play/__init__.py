"""A seeded story of a compute network, told in real transactions on any chain."""
