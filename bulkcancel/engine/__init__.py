"""A run: rows go in, one result for each comes out, and a stop signal ends it early and cleanly.

Nothing is gathered here: the command line needs two small files of this room long before the rest.
"""
