"""The logs of workloads."""
