# ruff: noqa: INP001  # stands alone on PYTHONPATH, run by the peers' interpreter
"""Ask pytest-testmon which recorded tests it would leave out, as its plugin asks itself.

``python -m testmon_stable DATA``, in the project's root; prints one JSON document. Its plugin
deselects what is stable and did not fail, and does not even collect a file all of whose tests
are; see ``TestmonSelect`` there.
"""

import json
import os
import sys

from testmon.common import get_system_packages  # type: ignore[import-not-found, unused-ignore]
from testmon.pytest_testmon import get_failing  # type: ignore[import-not-found, unused-ignore]
from testmon.testmon_core import TestmonData  # type: ignore[import-not-found, unused-ignore]


def main() -> None:
    """Print the tests and files that are left out."""
    os.environ["TESTMON_DATAFILE"] = sys.argv[1]
    data = TestmonData.for_local_run(
        rootdir=os.getcwd(),  # noqa: PTH109  # as pytest's rootdir is given: a string
        environment="",
        system_packages=get_system_packages(ignore=[]),
    )
    data.determine_stable()
    failing_files, failing_tests = get_failing(data.all_tests)
    document = {
        "tests": sorted(set(data.stable_test_names) - set(failing_tests)),
        "files": sorted(set(data.stable_files) - set(failing_files)),
        "repackaged": bool(data.system_packages_change),
    }
    json.dump(document, sys.stdout)


if __name__ == "__main__":
    main()
