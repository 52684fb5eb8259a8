"""Plan, apply, install and delete: decisions are pure, and only the outermost modules write."""
