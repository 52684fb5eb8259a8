"""Why a workload does not run: one module for each family of causes."""
