"""Walls to remove or weaken one at a time, and the checks of the audit that must report each."""
