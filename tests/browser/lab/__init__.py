"""Dashboards whose values a test decides, for servers that tests start with these settings.

settings.py     those of the demo, with this app
dashboards.py   `lab`: twelve charts a second, and one of everything; `shelf`: what is only pushed
world.py        the values, and what goes wrong
urls.py         POST /lab/: change the world
apps.py         gives `lab` an hour of past
measure.py      how long the tasks of its page are
"""
