"""The first draft of a mapping: what samples of a customer's records say of their form, and of what corresponds.

Nothing here decides: what is doubtful is marked in the draft, and `etl check` says what is open.
"""
