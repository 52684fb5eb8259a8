"""Live objects as DataFrames with fixed columns and dtypes, the same when there is nothing to show."""
