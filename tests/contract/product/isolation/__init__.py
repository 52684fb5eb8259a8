"""What tenants' people try to do to others, and by which wall it is denied; and what must go on working."""
