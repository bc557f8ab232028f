"""trust: who is calling.

In:  the clients file; the Authorization header of a call
Out: the Client that made the call, or Untrusted with one word for the log
Never: tells a caller why it was refused, logs a token, fetches from an address that the clients file does not hold
"""
