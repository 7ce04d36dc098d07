"""Django's side of the one port."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ketacare.web.settings")
application = get_wsgi_application()

from ketacare.medicine.candidacy import reader  # noqa: E402 - after Django, so that what it reads stays with it

# The sheets are read before the first page asks for them, and then left out of every search for garbage: hundreds of
# thousands of values that never go away would else hold up a page now and again.
reader.shipped()
gc.collect()
gc.freeze()
# A page makes tens of thousands of values that all go when it is answered: looking for rings among them every 700 costs
# a twentieth of it.
gc.set_threshold(10_000, 20, 20)
