"""Who is better? Rankings with honest uncertainty."""
