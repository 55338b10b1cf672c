"""How far are two samples apart? Weight of evidence, information value, stability, with errors and tests."""
