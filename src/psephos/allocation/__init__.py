"""Whom to ask next, and how often?"""

from psephos.allocation.adaptive import Adaptive
from psephos.allocation.knowledge_gradient import KnowledgeGradient
from psephos.allocation.uniform import Uniform
from psephos.allocation.session import allocate
from psephos.allocation.replay import replay
__all__=["Adaptive","KnowledgeGradient","Uniform","allocate","replay"]
