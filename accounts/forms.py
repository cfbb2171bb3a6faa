"""The two forms. They check what people type; `accounts.services` does what they ask for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, UsernameField
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.services import account_recognize

__all__ = ["LoginForm", "SignupForm"]

# Hashing takes time by the character; a pass phrase never comes near this.
_PASSWORD_MAX = 1_024


class LoginForm(AuthenticationForm):
    """Name and password. `clean` raises RateLimited, which is the view's to answer."""

    def clean(self) -> dict[str, Any]:
        username, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if username and password:
            assert self.request is not None
            self.user_cache = account_recognize(request=self.request, username=username, password=password)
            if self.user_cache is None:
                raise self.get_invalid_login_error()
        return self.cleaned_data


class SignupForm(forms.Form):
    """A name nobody has, and a password that passes the validators.

    One password field: what was mistyped can be looked at with the browser's own eye, and whoever must
    type it twice chooses a shorter one.
    """

    username = UsernameField(
        label=_("Username"),
        max_length=User._meta.get_field("username").max_length,
        validators=User._meta.get_field("username").validators,
        help_text=_("Others see it. Letters, digits and @ . + - _"),
        widget=forms.TextInput(attrs={"autofocus": True}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=_PASSWORD_MAX,
        strip=False,
        help_text=_("At least 8 characters, not a common password, not like your name."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=username).exists():
            raise ValidationError(_("A user with that username already exists."), code="unique")
        return username

    def clean(self) -> dict[str, Any]:
        password = self.cleaned_data.get("password")
        if password:
            try:
                validate_password(password, User(username=self.cleaned_data.get("username", "")))
            except ValidationError as error:
                self.add_error("password", error)
        return self.cleaned_data
