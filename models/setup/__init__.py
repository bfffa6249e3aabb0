"""How a store begins and what it decides for itself: the first manager, settings with history, what is still missing.

``settings`` declares, ``changes`` keeps the history, ``first`` lets the first manager in, ``start`` says what is
missing, ``sample`` makes a store to be tried and takes it away again.
"""
