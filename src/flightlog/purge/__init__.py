"""
Remove a value that should never have been recorded from all files of an installation.

`forms` finds a value in every form in which files have it, `database` rewrites databases, `lines`
rewrites spools and other files of lines, `places` lists the files, and `proof` searches the raw
files afterwards. `flightlog.cli.purge` is the command.
"""
