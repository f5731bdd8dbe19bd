"""Records as MongoDB documents: the only place that knows pymongo and tenacity."""
