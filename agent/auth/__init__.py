"""The life of a sign-in: begun by a person (`enter`), checked (`check`), ended (`leave`), renamed.

What is decided here sends and stores; `agent.alexa.signin` is the pure part.
"""
