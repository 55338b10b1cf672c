"""Many fallible opinions in, one answer that can be checked out."""

__version__ = "0.1.0"
