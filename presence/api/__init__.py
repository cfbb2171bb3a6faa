"""Presence over HTTP, for clients without a socket.

views.py   GET /api/rooms/<slug>/presence/, GET /api/presence/
shapes.py  what is asked and answered
urls.py
"""
