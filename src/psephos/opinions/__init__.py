"""What was said: the data model, readers and writers, answer equivalence, results."""
