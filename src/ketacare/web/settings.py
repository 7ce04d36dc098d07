"""Settings. Everything a site may change comes from the environment and is listed in docs/reference/settings.md."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from jinja2 import FileSystemBytecodeCache

from ketacare.web.runtime.databases import database_settings
from ketacare.web.runtime.folders import default_data_folder

PACKAGE = Path(__file__).resolve().parent.parent
WEB = PACKAGE / "web"


def secret(name: str) -> str:
    """A secret of this installation: from the environment, else made once in the data directory (mode 0600)."""
    given = os.environ.get(f"KETACARE_{name.upper()}")
    if given:
        return given
    path = default_data_folder() / f"{name}.secret"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text()


DEBUG = False
SECRET_KEY = secret("secret_key")
# Seals private process notes and journals; kept apart from the database and from its copies.
PRIVATE_KEY = hashlib.sha256(secret("private_key").encode()).digest()
AUDIT_KEY = hashlib.sha256(secret("audit_key").encode()).digest()
TESTING = os.environ.get("KETACARE_TESTING") == "1"
DEMO = os.environ.get("KETACARE_DEMO") == "1"
PUBLIC_ORIGIN = os.environ.get("KETACARE_ORIGIN", "http://localhost:8000")
SECURE = PUBLIC_ORIGIN.startswith("https://")
ALLOWED_HOSTS = [PUBLIC_ORIGIN.split("://", 1)[1].split(":")[0], "localhost", "127.0.0.1", "[::1]", "testserver"]
CSRF_TRUSTED_ORIGINS = [PUBLIC_ORIGIN]

ROOMS = sorted(path.parent.name for path in PACKAGE.glob("clinic/*/__init__.py"))
EXCHANGE_ROOMS = sorted(path.parent.name for path in PACKAGE.glob("exchange/*/__init__.py"))

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "axes",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    *[f"ketacare.clinic.{room}" for room in ROOMS],
    *[f"ketacare.exchange.{room}" for room in EXCHANGE_ROOMS],
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "ketacare.web.served.Served",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "ketacare.web.account_words.spoken",
    "allauth.account.middleware.AccountMiddleware",
    "ketacare.web.middleware.TheClinic",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "ketacare.web.urls"
WSGI_APPLICATION = "ketacare.web.wsgi.application"
ASGI_APPLICATION = "ketacare.web.asgi.application"


def kept_compiled() -> dict[str, object]:
    """Under test many processes start that all need the same templates: the first compiles them for the others."""
    if not TESTING:
        return {}
    folder = default_data_folder() / "templates"
    folder.mkdir(parents=True, exist_ok=True)
    return {"bytecode_cache": FileSystemBytecodeCache(str(folder))}


TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "NAME": "jinja",
        "DIRS": [
            WEB / "templates",
            *sorted(PACKAGE.glob("clinic/*/templates")),
            *sorted(PACKAGE.glob("exchange/*/templates")),
        ],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "ketacare.web.jinja.environment",
            "context_processors": ["ketacare.web.jinja.context_for_every_page"],
            **kept_compiled(),
        },
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "NAME": "account",
        "DIRS": [WEB / "account_templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "ketacare.web.account_words.context",
                "ketacare.web.demo.accounts.context",
            ]
        },
    },
]

DATABASES = database_settings()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATICFILES_DIRS = [WEB / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = (
    ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if TESTING
    else ["django.contrib.auth.hashers.Argon2PasswordHasher"]
)
# K2: length, a block-list, nothing about composition.
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "/account/login/"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/account/login/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "ketacare.web.account.Adapter"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_SESSION_REMEMBER = False
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE
MFA_TOTP_ISSUER = "Ketacare"

# K3: lock by 100 in a row, per account and address; allauth adds a growing delay.
AXES_FAILURE_LIMIT = 100
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_SENSITIVE_PARAMETERS: list[str] = ["username", "login", "ip_address"]
AXES_USERNAME_FORM_FIELD = "login"
AXES_USERNAME_CALLABLE = "ketacare.web.account.counted_as"
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
SILENCED_SYSTEM_CHECKS = ["axes.W003"]

# K4: 12 h whole, 15 min idle for charts.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = SECURE
SESSION_COOKIE_NAME = "__Host-ketacare" if SECURE else "ketacare"
CSRF_COOKIE_SECURE = SECURE
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "ketacare.web.errors.csrf_failed"
IDLE_MINUTES = {"PT": 30}
IDLE_MINUTES_DEFAULT = 15

SECURE_HSTS_SECONDS = 31536000 if SECURE else 0
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
    }
}

EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
SEAL_FILE = default_data_folder() / "audit-heads.jsonl"
LINK_SALT = "ketacare.link"
# The stored cases that a new version of a sheet is tried on before anybody signs it.
VIGNETTES = Path(os.environ.get("KETACARE_VIGNETTES") or Path(__file__).resolve().parents[3] / "vignettes")
# Calls of unanswered alarms: an HTTP gateway for text and voice, an SMTP relay for mail. Empty: that way is not used.
CALLS_URL = os.environ.get("KETACARE_CALLS_URL", "")
CALLS_TOKEN = os.environ.get("KETACARE_CALLS_TOKEN", "")
CALLS_REPORT_TO = os.environ.get("KETACARE_CALLS_REPORT_TO") or f"{PUBLIC_ORIGIN}/calls/receipts/"
PAGES_REPORT_TO = os.environ.get("KETACARE_PAGES_REPORT_TO") or f"{PUBLIC_ORIGIN}/concerns/receipts/"
# Patients are written to by gateways of their own: what is allowed for staff is not thereby allowed for them.
MESSAGES_URL = os.environ.get("KETACARE_MESSAGES_URL", "")
MESSAGES_TOKEN = os.environ.get("KETACARE_MESSAGES_TOKEN", "")
MESSAGES_REPORT_TO = os.environ.get("KETACARE_MESSAGES_REPORT_TO") or f"{PUBLIC_ORIGIN}/messages/receipts/"
MESSAGES_MAIL_URL = os.environ.get("KETACARE_MESSAGES_MAIL_URL", "")
MESSAGES_MAIL_FROM = os.environ.get("KETACARE_MESSAGES_MAIL_FROM") or "ketacare@localhost"
# Where mail to patients that cannot be delivered comes back: piped to `ketacare bounces -`, or posted with this key.
MESSAGES_BOUNCES_TO = os.environ.get("KETACARE_MESSAGES_BOUNCES_TO", "")
MESSAGES_BOUNCES_TOKEN = os.environ.get("KETACARE_MESSAGES_BOUNCES_TOKEN", "")
MAIL_URL = os.environ.get("KETACARE_MAIL_URL", "")
MAIL_FROM = os.environ.get("KETACARE_MAIL_FROM", "ketacare@localhost")
MLLP_PORT = int(os.environ.get("KETACARE_MLLP_PORT", "2575"))

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(levelname)s %(name)s %(message)s"}},
    "filters": {"no_patient_data": {"()": "ketacare.web.logs.NoPatientData"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["no_patient_data"]}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
