"""Who may sign in: the project's user model, the pages to sign up and log in, the API that gives tokens.

Must not know rooms or messages; stands between the engine and the features.

    models.py   User
    apps.py     AccountsConfig
"""

__all__ = ["apps", "models"]
