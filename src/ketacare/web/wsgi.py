"""Django's side of the one port."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ketacare.web.settings")
application = get_wsgi_application()

from ketacare.medicine.candidacy import reader  # noqa: E402 - after Django, so that what it reads stays with it
from ketacare.web.runtime.application import settled  # noqa: E402

reader.shipped()  # before the first page asks for them
settled()
