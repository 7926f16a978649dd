"""The experiments of the books, as independent jobs."""
