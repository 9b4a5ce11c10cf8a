"""
The editor's side: its channels as JSON-RPC 2.0 over stdio, with the receiver beside it.

`session` assembles the parts; `channels` defines the editor's calls. pygls implements framing,
dispatch and cancellation, and uses the protocol of VS Code. This file imports nothing, so that
`streams` can be imported first.
"""
