"""Do things depend on each other? Distance covariance of pairs, of many at once, and of predictions with attributes."""
