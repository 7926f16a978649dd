"""Looking inside a network: what its weights and its answers are made of."""
