"""A mapping as a page to read: what it says as content, and the content as Markdown or HTML."""
