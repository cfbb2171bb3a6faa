"""The chat of Django Channels' own tutorial: one consumer, one group for each room, no user and no database.

settings.py   the channel layer, by environment: LAYER (memory, redis_core, redis_pubsub) and REDIS_URL
routing.py    ws/chat/<room>/
consumers.py  the consumer
asgi.py       the application that Daphne and uvicorn run
"""
