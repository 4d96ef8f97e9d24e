"""Every attempt of a run beside what the simulator's truth log has of it.

    Joined(run, run.truth()).wrong       # a list of texts, empty where all agrees
"""

import rig


class Joined:
    """The attempts of a run beside the truth log; `wrong` says where they differ.

    responses: of that endpoint, which tells no times of the server and calls on_demand default.
    """

    def __init__(self, run, truth, responses=False):
        self.responses = responses
        self.t0 = run.head["t0_mono_ns"]
        self.wrong = []
        known = {t["id"]: t for t in truth if t["id"]}
        sent = {rig.request_id(a): a for a in run.attempts if "start" in a["times"]}
        if len(known) != sum(1 for t in truth if t["id"]):
            self.wrong.append("a request reached the simulator twice")
        if len(sent) != sum("start" in a["times"] for a in run.attempts):
            self.wrong.append("an attempt is in the journal twice")
        for lost in known.keys() ^ sent.keys():
            self.wrong.append(f"{lost} is on one side only: {sent.get(lost)}")
        self.pairs = [(sent[i], known[i]) for i in known.keys() & sent.keys()]
        for a, t in self.pairs:
            self.compare(a, t)

    def since(self, mono):
        return mono - self.t0

    def compare(self, a, t):
        times = a["times"]
        self.need(a, times["due"] <= times["ready"] <= times["start"], "due, ready, start")
        self.need(a, times["start"] <= self.since(t["arrival"]), "it arrived before it left")
        if "head" in times:
            self.need(a, times["head"] >= self.since(t["head"]), "headers before they were sent")
            self.need(a, times["start"] <= times["connected"] <= times["sent"], "connected, sent")
        if a.get("status"):
            self.headers(a, t)
        if a["outcome"] in ("ok", "empty"):
            self.answer(a, t)
            self.need(a, t["fault"] == "none" and not t["aborted"], f"ended well: {t['fault']}")
        if "first" in times:
            self.frames(a, t)

    def need(self, a, truth, what):
        if not truth:
            self.wrong.append(f"{rig.request_id(a)} ({a['outcome']}): {what}: {a}")

    def headers(self, a, t):
        for name in "status", "request_id", "region", "edge", "retry_after":
            self.need(a, a.get(name) == t.get(name), f"{name} is {t.get(name)}")
        for kind in "requests", "tokens", "audio_seconds":
            self.need(a, a.get("limits", {}).get(kind) == t["limits"].get(kind),
                      f"limits are {t['limits']}")

    def answer(self, a, t):
        self.need(a, a["times"]["end"] >= self.since(t["end"]), "over before it was")
        if "audio" in t:
            self.audio(a, t)
        else:
            self.tokens(a, t)

    def audio(self, a, t):
        """Answers of speech tell nothing of the server's times and tokens."""
        self.need(a, "server" not in a and "tokens" not in a, "times or tokens of audio")
        self.need(a, a.get("characters") == t.get("characters"), f"characters: {t}")
        heard = a.get("audio", {}).get("sent", t["audio"])
        self.need(a, abs(heard - t["audio"]) < 10 ** 6, f"the audio lasts {t['audio']} ns")

    def server(self, a, t):
        for ours, theirs in (("queue", "queue"), ("prompt", "prefill"), ("completion", "decode")):
            self.need(a, a["server"][ours] == t[theirs], f"{theirs} is {t[theirs]}")

    def tokens(self, a, t):
        tier = t["tier"]
        if not self.responses:
            self.server(a, t)
        elif tier == "on_demand":
            tier = "default"
        for name in "prompt", "cached", "completion":
            self.need(a, a["tokens"].get(name) == t.get(f"{name}_tokens"),
                      f"{name} is {t.get(f'{name}_tokens')}")
        self.need(a, a["tokens"].get("reasoning", 0) == t["reasoning_tokens"], "reasoning")
        self.need(a, a["tier"] == tier, f"tier is {tier}")

    def frames(self, a, t):
        """Each output frame: its time from first and the gaps, to 1 us."""
        times, output = a["times"], t["output"]
        at = [times["first"] // 1000]
        for gap in a.get("gaps", []):
            at.append(at[-1] + gap)
        self.need(a, at[-1] == times["last"] // 1000, "the gaps do not add up to last")
        self.need(a, len(at) == a["frames"], "a gap is missing")
        if output[0].kind == "sound":
            self.sound(a, output)
            return
        if a["outcome"] in ("ok", "empty"):
            self.need(a, a["frames"] == len(output), f"{len(output)} frames were sent")
        for us, frame in zip(at, output):
            self.need(a, us >= self.since(frame.sent) // 1000, "a frame before it was sent")
        self.need(a, self.since(t["frames"][0].sent) <= times["role"] <= times["first"], "role")
        text = [f for f in output[:a["frames"]] if f.kind == "content"]
        self.need(a, ("answer" in times) == bool(text), "visible text")
        if text:
            self.need(a, times["answer"] >= self.since(text[0].sent), "text before it was sent")
        calls = [f for f in output[:a["frames"]] if f.kind == "tool"]
        self.need(a, ("called" in times) == bool(calls), "a tool call")
        if calls:
            self.need(a, self.since(calls[-1].sent) <= times["called"] <= times["last"],
                      "calls complete before their last piece was sent, or after the end")
        if "gaps" in a:
            self.need(a, max(a["gaps"]) <= a["stall"] // 1000 + 1 and
                      a["stall"] // 1000 <= max(a["gaps"]) + 1, "the longest gap")

    def sound(self, a, output):
        """What was sent in a piece may be read in several, so only its ends are told."""
        times = a["times"]
        self.need(a, self.since(output[0].sent) <= times["role"] <= times["first"], "first")
        self.need(a, "answer" not in times, "sound is no text")
        if a["outcome"] == "ok":
            self.need(a, a["frames"] >= len(output), f"{len(output)} pieces were sent")
            self.need(a, times["last"] >= self.since(output[-1].sent), "last")
