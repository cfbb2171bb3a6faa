"""python-socketio, its asyncio server on uvicorn. Runs on the packages of benchmarks/peers/requirements.txt.

server.py   the application; MANAGER (memory, redis) and REDIS_URL are read
"""
