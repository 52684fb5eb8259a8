"""Scripted servers name no tenants of the user."""

from tests.unit.no_tenants import member_of_no_tenant

__all__ = ["member_of_no_tenant"]
