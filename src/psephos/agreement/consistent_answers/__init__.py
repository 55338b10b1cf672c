"""How consistently is a question answered right when it is asked again in other words?"""
