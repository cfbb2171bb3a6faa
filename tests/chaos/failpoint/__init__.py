"""A crash between commit and publication, for servers that tests start with these settings.

settings.py   those of the demo, with this app
dashboards.py a dashboard whose states can be told from each other
apps.py       arms it: the next process that commits while the file `armed` is there kills itself
"""
