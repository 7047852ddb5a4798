"""Deletion methods of an account, as a person deals with them: kept, tried (`supervised`), told (`known`).

Learning itself is pure (`agent.methods.learn`); asking and showing is the command line's.
"""
