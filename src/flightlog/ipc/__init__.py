"""
The editor's side: its channels as JSON-RPC 2.0 over stdio, with the receiver beside it.

`session` assembles the parts; `channels` defines the editor's calls; `protocol` implements JSON-RPC
as VS Code uses it. This file imports nothing, so that `streams` can be imported first.
"""
