"""Every topic of the site, as `config.urls` is every address. Topics are included by string, like URLs."""

from realtime.topics import include

topic_patterns = [
    *include("chat.topics"),
    *include("presence.topics"),
    *include("dashboard.topics"),
]
