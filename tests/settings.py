"""The settings under test: the product's own, told that this is a test, with a data folder of their own."""

import atexit
import os
import shutil
import tempfile

os.environ["KETACARE_TESTING"] = "1"
os.environ.setdefault("KETACARE_MESSAGES_TOKEN", "of the gateway in the tests")
if "KETACARE_TEST_DATA" not in os.environ:
    os.environ["KETACARE_TEST_DATA"] = tempfile.mkdtemp(prefix="ketacare-data-")
    atexit.register(shutil.rmtree, os.environ["KETACARE_TEST_DATA"], ignore_errors=True)
os.environ["KETACARE_DATA"] = os.environ["KETACARE_TEST_DATA"]

from ketacare.web.settings import *  # noqa: F403 - the environment must be set before
