"""Python imports this at start-up when its folder is on PYTHONPATH: subprocesses of tests are watched as well."""

import network_guard

network_guard.install()
