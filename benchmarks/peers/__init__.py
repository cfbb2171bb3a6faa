"""The servers that are measured beside Chorus: the same small chat, each with the tools of its own world.

None of them knows another, or anything of Chorus. Each gets the settings that serve it best within what its
documentation offers; a comment says why for each. `scripts/peers` installs what they need.

    channels_tutorial/   Django Channels, the consumer that its tutorial ends with, on the packages of this project
    python_socketio/     python-socketio on uvicorn; packages of requirements.txt, in var/peers/venv
    node/                ws and Socket.IO on Node.js; packages of package-lock.json, in its node_modules

What they do is the same everywhere: who connects joins a room, what one member says goes to all of it, the sender
included. They keep nothing, know nobody, and promise nothing about what a client misses.
"""
