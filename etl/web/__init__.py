"""A site on this machine: what runs did and left, decided by people; and a place to try mappings. Extra `web`."""
