"""The pages to sign up, log in and log out. What was typed is the forms' business, what it does the services'."""

from __future__ import annotations

import math

from django.conf import settings
from django.contrib.auth import login, logout
from django.core.exceptions import NON_FIELD_ERRORS
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import LoginForm, SignupForm
from accounts.services import account_create, signup_allow
from realtime.protocol.errors import Invalid, RateLimited

__all__ = ["log_in", "log_out", "sign_up"]


@sensitive_post_parameters("password")
@csrf_protect
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    """`/login/?next=`. Too many attempts: 429 with Retry-After."""
    if request.user.is_authenticated:
        return redirect(_destination(request))
    form = LoginForm(request, data=request.POST if request.method == "POST" else None)
    try:
        if form.is_valid():
            login(request, form.get_user())
            return redirect(_destination(request))
    except RateLimited as error:
        # A form of its own: looking at the bound one again would count another attempt.
        fresh = LoginForm(request, initial={"username": request.POST.get("username", "")})
        return _too_often(request, "accounts/login.html", fresh, error)
    return _page(request, "accounts/login.html", form)


@sensitive_post_parameters("password")
@csrf_protect
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """`/signup/?next=`: make an account and log it in."""
    if request.user.is_authenticated:
        return redirect(_destination(request))
    form = SignupForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            # Counted here and not with every mistyped form: what is slowed down is making accounts.
            signup_allow(request=request)
            login(request, account_create(**form.cleaned_data))
            return redirect(_destination(request))
        except Invalid as error:
            form.add_error(error.field or NON_FIELD_ERRORS, error.message)
        except RateLimited as error:
            return _too_often(request, "accounts/signup.html", form, error)
    return _page(request, "accounts/signup.html", form)


@require_POST
@csrf_protect
@never_cache
def log_out(request: HttpRequest) -> HttpResponse:
    """`/logout/`, by POST alone: a link or an image of somebody else's page must not do it."""
    logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL or settings.LOGIN_URL)


def _destination(request: HttpRequest) -> str:
    """Where `next` says, if that is on this site."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if safe else resolve_url(settings.LOGIN_REDIRECT_URL)


def _too_often(request: HttpRequest, template: str, form: Form, error: RateLimited) -> HttpResponse:
    response = _page(request, template, form, refusal=error.message, status=429)
    response["Retry-After"] = str(math.ceil(error.retry_after_s or 1))
    return response


def _page(request: HttpRequest, template: str, form: Form, *, refusal: str = "", status: int = 200) -> HttpResponse:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return render(request, template, {"form": form, "next": wanted, "refusal": refusal}, status=status)
