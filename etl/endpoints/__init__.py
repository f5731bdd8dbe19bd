"""Where records live: files and MongoDB, each as source and as sink."""
