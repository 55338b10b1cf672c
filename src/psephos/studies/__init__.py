"""What does a whole study in one field find? Each field has a package of its own, loaded when it is used."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submodules=["peer_review"])
