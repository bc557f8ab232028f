"""intake: from bytes to a Profile.

In:  the bytes of one JSON text
Out: plain data that nothing can hide in, then a Profile; or Refused, with every mistake
Never: reads files, knows rules, guesses at what is missing, quotes a value in a message
"""
