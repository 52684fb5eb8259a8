"""Admission: one module for each admission plug-in, and the chain that runs them in order."""
