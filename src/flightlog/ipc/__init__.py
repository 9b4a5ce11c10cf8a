"""
The editor's side: its channels as JSON-RPC 2.0 over stdio, with the receiver beside it.

`session` puts the parts together; `channels` is what the editor calls. Framing, dispatch and
cancellation are pygls's, which speaks the protocol of VS Code. Nothing is imported here, so that
`streams` can be first.
"""
