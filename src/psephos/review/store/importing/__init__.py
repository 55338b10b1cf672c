"""How do projects come in from a full export, and from other tools?"""
