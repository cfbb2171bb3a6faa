"""Template tags of the pages: what a template may ask for, and no query among it."""
