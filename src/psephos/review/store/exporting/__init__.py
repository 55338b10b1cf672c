"""How does what people settled get out: everything, tables, gold labels, transcripts?"""
