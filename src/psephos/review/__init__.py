"""The review app: see every opinion, settle it, prove it later.

Inside: `store` keeps items, opinions, decisions and the log of all that happened. Needs ``pip install 'psephos[web]'``.
"""
