"""Chat's commands: data and load for a desk."""
