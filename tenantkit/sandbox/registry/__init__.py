"""How objects are created, updated and deleted in the store: the strategy of each kind."""
