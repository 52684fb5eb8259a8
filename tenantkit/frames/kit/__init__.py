"""What the frames share: their schema, owners, quantities, and the columns that several frames have."""
