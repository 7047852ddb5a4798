"""Ways to request deletion, as data. RECIPES.md explains the format to whoever writes one by hand.

template       placeholders in a text, and their filters
recipe         the format: text to `Recipe`, every problem at once
render         a recipe and recordings to requests
bounds         what a rendered request may address
recipe_method  `agent.ports.DeletionMethod` by sending a recipe
shelf          where an account's recipes lie
explain        a recipe in plain words
learn          a browser's capture to a recipe; its docstring names the rooms it goes through
"""
