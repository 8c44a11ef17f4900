"""Files: records, events, checkpoints, models and the messages inside them."""
