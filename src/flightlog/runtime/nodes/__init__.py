"""What nodes do, one module a kind; each imports only what its kind needs."""
