"""What a person sees while it runs: messages and a bar on standard error, and the closing words.

Nothing is gathered here: `--help` and completion need the messages alone.
"""
