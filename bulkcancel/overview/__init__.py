"""What happened, from one or several reports: merged, counted, and told as text, Markdown, JSON or a page."""
