"""How reliable is each source, learnt from agreement, and what do the reliable ones say?"""
