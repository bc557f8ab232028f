"""trust: who is calling.

In:  the clients file and the people file; the Authorization header of a call, or the id_token of somebody's login
Out: the Client that made the call, the Actor who logged in, or Untrusted with one word for the log; what a login asks
Never: tells a caller why it was refused, logs a token, fetches from an address that the clients file does not hold
"""
