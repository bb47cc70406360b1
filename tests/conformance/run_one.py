"""Runs one of CPython's test files and tells, method by method, what came of it.

    PYTHON run_one.py FOLDER TEST RESULTS [SKIP]

FOLDER holds the package `test`; TEST is a file of it, such as test_dict. Each line of RESULTS is
a JSON object: {"id": …, "start": true} when a method begins, {"id": …, "outcome": …} when it has
ended, with "message" when it did not pass; {"done": true} at the end. Lines are written at once, so
that what a crash leaves behind says where it happened. Methods whose ids are in the file SKIP, one
a line, are left out. Nothing but sys and unittest is needed.
"""

import sys

def quote(text):
    """A JSON string, without the module json."""
    out = []
    for char in text:
        if char in '"\\':
            out.append("\\" + char)
        elif " " <= char <= "~":
            out.append(char)
        elif ord(char) < 0x10000:
            out.append("\\u%04x" % ord(char))
        else:
            code = ord(char) - 0x10000
            out.append("\\u%04x\\u%04x" % (0xD800 + (code >> 10), 0xDC00 + (code & 0x3FF)))
    return '"' + "".join(out) + '"'


class Results:
    def __init__(self, path):
        self.file = open(path, "a", encoding="ascii")

    def write(self, **fields):
        values = {key: "true" if value is True else quote(value) for key, value in fields.items()}
        self.file.write("{" + ", ".join(quote(key) + ": " + value for key, value in values.items()) + "}\n")
        self.file.flush()


def describe(error):
    """One line that says what went wrong."""
    kind, value = error[0], error[1]
    try:
        text = str(value)
    except Exception as failure:
        text = "(no text: %s)" % type(failure).__name__
    lines = text.splitlines() or [""]
    return (getattr(kind, "__name__", "?") + ": " + lines[0])[:300]


def walk(suite, unittest):
    for test in suite:
        if isinstance(test, unittest.BaseTestSuite):
            yield from walk(test, unittest)
        elif test is not None:
            yield test


def remove(suite, unwanted, unittest):
    """Takes tests out of a suite and the suites in it, which stay what they are."""
    kept = []
    for test in suite:
        if isinstance(test, unittest.BaseTestSuite):
            remove(test, unwanted, unittest)
            kept.append(test)
        elif id(test) not in unwanted:
            kept.append(test)
    suite._tests[:] = kept


def make_result(unittest, results, names):
    class Result(unittest.TestResult):
        """Writes what it is told. A method that says several things counts as the worst."""

        def name(self, test):
            return names.get(id(test)) or test.id()

        def startTest(self, test):
            super().startTest(test)
            self.outcome = ("pass", "")
            results.write(id=self.name(test), start=True)

        def stopTest(self, test):
            super().stopTest(test)
            outcome, message = self.outcome
            self.finish(test, outcome, message)
            self.outcome = None

        def finish(self, test, outcome, message):
            if outcome == "pass":
                results.write(id=self.name(test), outcome=outcome)
            else:
                results.write(id=self.name(test), outcome=outcome, message=message)

        def note(self, test, outcome, message):
            if getattr(self, "outcome", None) is None:
                # Outside of a method: a class or module could not be set up.
                self.finish(test, outcome, message)
            elif self.outcome[0] != "fail":
                self.outcome = (outcome, message)

        def addError(self, test, error):
            self.note(test, "fail", describe(error))

        def addFailure(self, test, error):
            self.note(test, "fail", describe(error))

        def addSubTest(self, test, subtest, error):
            if error is not None:
                self.note(test, "fail", describe(error))

        def addSkip(self, test, reason):
            self.note(test, "skip", str(reason).partition("\n")[0][:300])

        def addExpectedFailure(self, test, error):
            pass

        def addUnexpectedSuccess(self, test):
            self.note(test, "fail", "unexpected success")

    return Result()


def load(unittest, name):
    """The tests of a file, or the skip that it asks for as a whole."""
    module = __import__("test." + name, fromlist=["*"])
    return unittest.defaultTestLoader.loadTestsFromModule(module)


def judge_as_cpython(support):
    """Has methods run that are for CPython alone: what they look at, Kaa means to share."""

    def check_impl_detail(**guards):
        guards, default = support._parse_guards(guards)
        return guards.get("cpython", default)

    support.check_impl_detail = check_impl_detail


def main():
    folder, name, path = sys.argv[1:4]
    skipped = set()
    if len(sys.argv) > 4:
        with open(sys.argv[4], encoding="utf-8") as file:
            skipped = set(file.read().split("\n"))
    sys.path.insert(0, folder)
    sys.argv[1:] = []
    results = Results(path)
    try:
        import unittest
        import test.support

        # As regrtest does when it is not told of resources: no network, no long computations.
        test.support.use_resources = {}
        if sys.implementation.name != "cpython":
            judge_as_cpython(test.support)
        suite = load(unittest, name)
    except BaseException as error:
        outcome = "skip" if type(error).__name__ in ("SkipTest", "ResourceDenied") else "fail"
        results.write(id="test." + name, outcome=outcome, message=describe((type(error), error)))
        results.write(done=True)
        return
    names, seen = {}, {}
    for each in walk(suite, unittest):
        title = each.id()
        seen[title] = seen.get(title, 0) + 1
        names[id(each)] = title if seen[title] == 1 else "%s (%d)" % (title, seen[title])
    unwanted = {each for each, title in names.items() if title in skipped}
    remove(suite, unwanted, unittest)
    suite.run(make_result(unittest, results, names))
    results.write(done=True)


main()
