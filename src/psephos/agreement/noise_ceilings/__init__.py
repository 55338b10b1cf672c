"""How well could anyone predict the mean of noisy votes? Bounds, models of votes, plans and simulation."""
