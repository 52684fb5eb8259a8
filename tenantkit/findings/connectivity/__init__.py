"""Connectivity: who may reach whom by the NetworkPolicies."""
