"""Are probabilities honest, and how good are they? Proper scores, calibration, the Balance score, comparison."""
