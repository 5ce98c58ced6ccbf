"""The process: what `bulkcancel` and `python -m bulkcancel` start."""

from bulkcancel.cli.process import main

if __name__ == "__main__":
    main()
