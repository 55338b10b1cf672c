"""Ratings from battles: who wins how often against whom."""
