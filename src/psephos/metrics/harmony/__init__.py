"""Is the mean of a benchmark carried by a few of its parts? Harmony of groups, and groups that nobody declared."""
