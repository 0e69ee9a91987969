"""What crossbars are built of: where weights lie, how long operations take, what contends, what it costs."""
