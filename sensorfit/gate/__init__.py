"""The gate of a repository: configuration, budgets, baseline, jobs."""
