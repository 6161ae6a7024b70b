"""Of each node what ten runs of it took and the execution provider that ran it, off onnxruntime's own trace."""
import json, os, tempfile
import onnxruntime as ort

RUNS, MOST = 10, 3000


def nodes_of(model, providers, feeds, models):
    """The slowest nodes of a model, as many as a result of so many `models` has room for."""
    options = ort.SessionOptions()
    with tempfile.TemporaryDirectory() as folder:
        options.enable_profiling, options.profile_file_prefix = True, os.path.join(folder, "profile")
        session = ort.InferenceSession(model, options, providers)
        for _ in range(RUNS):
            session.run(None, feeds)
        with open(session.end_profiling(), encoding="utf-8", errors="replace") as file:
            events = json.load(file, strict=False)
    took, facts = {}, {}
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
            node = (event["args"].get("node_index"), event["name"].removesuffix("_kernel_time"))
            took[node] = took.get(node, 0) + event["dur"] / RUNS
            facts[node] = event["args"]
    total = sum(took.values()) or 1
    return [{"name": node[1][:500], "opType": facts[node].get("op_name", "")[:100],
             "provider": facts[node].get("provider"), "meanUs": took[node], "share": took[node] / total}
            for node in sorted(took, key=took.get, reverse=True)[:MOST // models]]
