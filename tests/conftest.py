"""What every test run shares. Fixtures for real servers stand in `tests.support.fixtures`."""
