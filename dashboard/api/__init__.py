"""Dashboards over HTTP, for clients without a socket.

views.py   GET /api/dashboard/, …/<name>/, …/<name>/history/, …/<name>/arrangement/
shapes.py  what is asked and answered
urls.py
"""
