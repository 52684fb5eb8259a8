"""Hosts: who holds them, how they move between tenants, and two users who grant one host at once."""
