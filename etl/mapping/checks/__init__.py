"""What is proven of a mapping before it runs: a file for each kind of question."""
