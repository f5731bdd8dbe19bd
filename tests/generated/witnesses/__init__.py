"""What shows that a finding is right: mostly a record, sometimes the files alone."""
