"""The composition root: settings, URLs, the ASGI application and the list of topics.

Only this package may know all the others; none of them may import it. What stands here:

- `settings/`: `base` is safe for production, `dev`, `test` and `production` differ from it in little.
- `environment`: reads environment variables, and remembers what was wrong with them.
- `checks`: says it at start, in one sentence each.
- `local`: the settings file a clone keeps for itself in `var/`.
- `asgi`, `urls`, `topics`: what is mounted where.
- `staticfiles`: static files from npm packages, and their hashed names.
- `middleware`: the content security policy the admin needs.
- `requests`, `users`, `logs`: an id for each request, what is counted of it, and what a line of the log says.
"""
