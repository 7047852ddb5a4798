"""The command line: one file a verb, each a function that returns an exit code.

`root` holds the command and what all verbs share, `verbs_*` parse what was typed and hand over.
Data goes to stdout, messages to stderr; colour and progress appear on a terminal only. One `except`
(in `app`) turns an error into its message, its next step and its exit code.
"""
