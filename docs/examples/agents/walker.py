"""An agent that speaks JSON lines: it plays a legal action by chance.

    commonweal eval --exec "python3 docs/examples/agents/walker.py" --scenario switch_and_successor

The draws of an episode come from the `seed` of its `reset`, so that the same episode is played the same way whenever it is played.
"""

import json
import random
import sys

rows = {}  # what is remembered of each episode in play, by `id`


def say(message):
    print(json.dumps(message), flush=True)


for line in sys.stdin:
    told = json.loads(line)
    kind = told["type"]
    if kind == "hello":
        # told["role"], told["actions"], told["own"]: names of the own vector; told["grid"]: height, width, depth
        say({"type": "ready", "want": ["own"]})
    elif kind == "reset":
        rows[told["id"]] = random.Random(int(told["seed"]))
    elif kind == "obs":
        action = rows[told["id"]].choice(told["actions"])
        say({"id": told["id"], "action": action})
    elif kind == "end":
        del rows[told["id"]]
    elif kind == "bye":
        break
