"""The in-process client of the sandbox's controllers, and their event recorder."""
