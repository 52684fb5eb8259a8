"""Pod Security Standards: the levels, and the checks that they are made of."""
