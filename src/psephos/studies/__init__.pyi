from psephos.studies import peer_review

__all__ = ["peer_review"]
