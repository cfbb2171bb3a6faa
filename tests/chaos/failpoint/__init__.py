"""A crash between commit and publication, for servers that tests start with these settings.

settings.py   those of the demo, with this app
apps.py       arms it: the next process that commits while the file `armed` is there kills itself
"""
