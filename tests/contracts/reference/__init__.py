"""A second opinion of the contracts in plain Python, written from their specification and never from their source."""
