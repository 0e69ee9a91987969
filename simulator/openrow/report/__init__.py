"""Tables, plots and timelines: pure functions of results."""
