"""Many fallible opinions in, one answer that can be checked out.

>>> import psephos
>>> opinions = psephos.labels(["a", "a", "a"], ["ann", "bob", "cid"], ["cat", "cat", "dog"])
>>> psephos.decide(opinions).table()["choice"].to_list()
['cat']

The verbs of the command line that are one function (decide, agree, rank, select, ask, measure, transcribe) and the
result types stand here; every method has its room, such as `psephos.consensus` or `psephos.agreement`.
Rooms load when they are first used (SPEC 1), so importing psephos costs next to nothing; the list of names is in
`__init__.pyi`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

__version__ = "0.1.0"
