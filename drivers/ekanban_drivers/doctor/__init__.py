"""Why a scanner does not read: facts of the machine are gathered, and findings are made of them.

`facts` are plain data. `nodes`, `processes` and `accounts` gather them and open no device: opening alone can reset a
scanner. `findings`, `thieves` and `unused` are pure; `remedies` has the rules and commands that mend what they find.
"""
