"""cli: the command magflag.

In:  arguments, files, standard input
Out: answers on standard output, everything else on standard error, an exit code per kind of failure
Never: decides anything clinical
"""
