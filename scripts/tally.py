"""Counts the tests in an event stream of Swift Testing (JSON lines, version 6.3).

usage: tally.py EVENTS STATUS     STATUS is the exit status of the test process

Lists the tests that were skipped, failed or never finished, and prints `N passed, N failed, N skipped` as its last
line. Exits 1 when anything failed, when the test process did, when it stopped before the end, or when no test ran.
A parameterized test counts once. A test that was running when the process died has failed.
"""

import json
import sys


def records(path):
    """Every whole record; a crash may leave the last line cut short."""
    try:
        with open(path, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                try:
                    yield json.loads(line)
                except json.JSONDecodeError:
                    continue
    except FileNotFoundError:
        return


class Tally:
    def __init__(self, path):
        self.names = {}
        self.ended, self.skipped, self.failed = set(), set(), set()
        self.stray_failures = 0
        self.complete = False
        for record in records(path):
            payload = record.get("payload", {})
            if record.get("kind") == "test" and payload.get("kind") == "function":
                self.names[payload["id"]] = title(payload)
            elif record.get("kind") == "event":
                self.event(payload)

    def event(self, event):
        kind, test = event.get("kind"), event.get("testID")
        if kind == "runEnded":
            self.complete = True
        elif kind == "testEnded":
            self.ended.add(test)
        elif kind in ("testSkipped", "testCancelled"):
            self.skipped.add(test)
        elif kind == "issueRecorded" and is_failure(event.get("issue", {})):
            # An issue of a suite, or of none, is a failure too, though of no test that is counted.
            if test in self.names:
                self.failed.add(test)
            else:
                self.stray_failures += 1

    def groups(self):
        """Test ids: failed, unfinished, skipped, passed. Each test is in exactly one."""
        ids = set(self.names)
        failed = ids & self.failed
        skipped = (ids & self.skipped) - failed
        passed = (ids & self.ended) - failed - skipped
        return failed, ids - failed - skipped - passed, skipped, passed


def title(test):
    """Where the test is, and its sentence."""
    module = test["id"].split(".", 1)[0]
    return f"{module}: {test.get('displayName') or test.get('name')}"


def is_failure(issue):
    default = not issue.get("isKnown") and issue.get("severity", "error") == "error"
    return issue.get("isFailure", default)


def main():
    tally = Tally(sys.argv[1])
    status = int(sys.argv[2])
    failed, unfinished, skipped, passed = tally.groups()

    def show(label, ids):
        for test in sorted(ids, key=lambda i: tally.names[i]):
            print(f"{label} {tally.names[test]}")

    print()
    show("skipped", skipped)
    show("failed", failed)
    show("unfinished", unfinished)
    count = len(failed) + len(unfinished) + tally.stray_failures
    if not tally.complete:
        print("the test process ended before the tests did")
    if count == 0 and (status != 0 or not tally.complete):
        count = 1
    if not tally.names:
        print("no test ran")
    print(f"{len(passed)} passed, {count} failed, {len(skipped)} skipped")
    return 1 if count or not tally.names else 0


sys.exit(main())
