"""Hosts: who holds them, how they are claimed, and how they move between tenants."""
