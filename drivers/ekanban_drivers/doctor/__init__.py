"""Why a scanner does not read: facts of the machine are gathered, and findings are made of them.

`facts` are plain data. `nodes`, `processes` and `accounts` gather them and open no device: opening alone can reset a
scanner. `configured` (with `which_device`, `access` and `thieves`) and `unused` are pure: they say what follows from
the facts, and `remedies` has the rules and commands that mend it. `examine` is the whole of it.
"""
