"""`serve`: the server with the fast lane."""
