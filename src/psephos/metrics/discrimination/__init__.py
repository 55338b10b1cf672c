"""Does a score put positives on top? Areas under both curves, the mistakes that they price, groups, comparison."""
