"""The command line: it parses, asks and shows, and leaves the rest to operations."""
