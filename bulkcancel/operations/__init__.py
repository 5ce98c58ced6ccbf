"""What the tool can do, for programs and for its own command line: each capability is a file."""
