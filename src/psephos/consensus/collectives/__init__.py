"""What do several models say together that answered several times?"""
