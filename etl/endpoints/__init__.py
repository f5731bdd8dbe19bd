"""Where records live: files and MongoDB, how each is read and written."""
