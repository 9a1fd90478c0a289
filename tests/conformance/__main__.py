"""Hold a central against the worked examples: `python tests/conformance --central URL --token TOKEN`.

The token is that of a person with the role supervisor. Ends with 1 when something differs.
"""

from __future__ import annotations

import argparse
import os
import sys

from kit.examples import load
from kit.run import Plant, Run
from kit.wire import Central


def main() -> int:
    """Run all examples, or those whose name has a word."""
    parser = argparse.ArgumentParser(prog="conformance", description=__doc__)
    parser.add_argument("--central", required=True, metavar="URL")
    parser.add_argument("--token", default=os.environ.get("EKANBAN_TOKEN"), help="or in EKANBAN_TOKEN")
    parser.add_argument("--only", default="", metavar="WORDS", help="examples whose name has these words")
    options = parser.parse_args()
    if not options.token:
        parser.error("a token is needed: --token, or EKANBAN_TOKEN in the environment")
    plant = Plant(Central(options.central, options.token))
    plant.begin()
    chosen = [example for example in load() if options.only in example.name]
    differing = 0
    for example in chosen:
        wrong = Run(plant, example).carry_out()
        differing += bool(wrong)
        print(f"{'differs' if wrong else 'conforms'}  {example.name}")
        for line in wrong:
            print(f"          {line}")
    print(f"{len(chosen) - differing} of {len(chosen)} examples conform")
    return 1 if differing or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
