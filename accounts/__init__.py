"""Who may sign in: the project's user model, the pages to sign up and log in, the API that gives tokens.

Must not know rooms or messages; stands between the engine and the features.

    models.py    User
    services.py  what happens to accounts; the only writer
    selectors.py what others ask about them
    limits.py    how often one may try a password, or sign up
    forms.py     what people type
    views.py     the pages: sign up, log in, log out
    api/         tokens, and who one is
    admin.py     accounts for staff
    apps.py      AccountsConfig
"""

__all__ = ["admin", "api", "apps", "forms", "limits", "models", "selectors", "services", "urls", "views"]
