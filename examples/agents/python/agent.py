#!/usr/bin/env python3
"""A Coldpress device in Python's standard library and onnxruntime, to be read by whoever ports the protocol.

    python3 agent.py http://SERVER:8090 NAME CODE     enrols, keeps the key in NAME.key, and runs
    python3 agent.py http://SERVER:8090 NAME          runs as the device that it is

docs/agent-protocol.md tells what is said. PROVIDERS=TensorrtExecutionProvider,CPUExecutionProvider chooses what runs
models; nodes.py beside this file tells which of them ran each node. Left out, as each result says: memory, energy,
temperature, samples of the data set, other batches and threads, an end before the limits.
"""
import hashlib, json, os, platform, random, sys, threading, time, urllib.request, uuid
import numpy as np
import onnxruntime as ort
try:
    from nodes import nodes_of
except ImportError:
    nodes_of = None

SERVER, NAME, CODE = sys.argv[1].rstrip("/"), sys.argv[2], sys.argv[3:]
PROVIDERS = os.environ.get("PROVIDERS", "CPUExecutionProvider").split(",")
ABOUT = {"protocol": 1, "version": "python", "fingerprint": {
    "kind": "native", "cpu": platform.processor() or platform.machine(), "isa": [], "cores": os.cpu_count() or 1,
    "memoryMb": None, "governor": None, "maxFrequencyMhz": None, "os": f"{platform.system()} {platform.release()}",
    "arch": platform.machine(), "runtime": f"onnxruntime {ort.__version__} python", "providers": PROVIDERS}}
key = open(f"{NAME}.key").read() if os.path.exists(f"{NAME}.key") else ""

def call(path, **body):
    """The bytes of the answer. Raises OSError; where the server has heard and refuses, asking again does not help."""
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {key}"} if key else {})
    request = urllib.request.Request(SERVER + path, json.dumps(body).encode() if body else None, headers)
    with urllib.request.urlopen(request, timeout=90) as answer:
        return answer.read()

def is_refusal(error):
    return 400 <= getattr(error, "code", 0) < 500 and error.code != 429

def words(error):
    return error.read().decode() if is_refusal(error) else str(error)

def condition():
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {"temperatureC": None, "frequencyMhz": None, "load": load, "onBattery": None}

def timed(work, *arguments):
    start = time.perf_counter()
    value = work(*arguments)
    return value, (time.perf_counter() - start) * 1000

def measure(lease, files, tell):
    """Load and first run of each model, then all of them in blocks, in each of which they take turns at random."""
    settings, before, models, sessions = lease["settings"], condition(), [], []
    rng, order = np.random.default_rng(settings["seed"]), random.Random(settings["seed"])
    feeds = {i["name"]: rng.integers(0, 2, i["dims"]).astype(i["type"]) for i in lease["inputs"]}
    options = ort.SessionOptions()
    options.intra_op_num_threads = settings["threads"]
    for model, file in zip(lease["models"], files):
        session, load_ms = timed(ort.InferenceSession, file, options, PROVIDERS)
        _, first_ms = timed(session.run, None, feeds)
        sessions.append(session)
        models.append({"digest": model["digest"], "coldLoadMs": load_ms, "warmLoadMs": None, "firstRunMs": first_ms,
                       "samplesMs": [], "runsPerSample": 1, "peakRssBytes": None,
                       "nodes": nodes_of(file, PROVIDERS, feeds, len(files)) if nodes_of else None})
    for session in sessions * settings["warmupRuns"]:
        session.run(None, feeds)
    quick, seconds = settings["quick"], settings.get("sustainedSeconds", settings["seconds"])
    runs, seconds = (50, 0) if quick else (settings["runs"], seconds)
    start, at, took = time.perf_counter(), [], 0
    while (len(at) < runs or took < seconds) and len(at) < 1_000_000:
        tell(min(len(at) / runs, took / seconds if seconds else 1, 1))
        at.append(round(took, 3))
        for i in order.sample(range(len(sessions)), len(sessions)):
            _, ms = timed(sessions[i].run, None, feeds)  # which reads the outputs back
            models[i]["samplesMs"].append(round(ms, 4))
        took = time.perf_counter() - start
    step = -(-len(at) // min(10_000, 24_000 // len(models)))  # of more samples evenly spaced blocks are sent
    models = [model | {"samplesMs": model["samplesMs"][::step]} for model in models]
    return {"models": models, "atSeconds": at[::step], "blocks": len(at), "seconds": took, "stoppedBy": "limits",
            "quick": runs < 1024 or seconds < 60, "before": before, "after": condition(),
            "clockResolutionMs": time.get_clock_info("perf_counter").resolution * 1000,
            "notes": ["all models were loaded by one process", "timed up to the limits, however well times are known"]}

def work(lease, beat_ms):
    """Keeps a lease by heartbeats under its fencing number, and sends what came of it; one that is lost is left."""
    path, fence, share, lost, over = f"/v1/agent/leases/{lease['id']}", lease["fence"], [0], [], threading.Event()

    def beat():
        while not over.wait(beat_ms / 1000) and not lost:
            try:
                call(f"{path}/heartbeat", fence=fence, progress=share[0], message="", condition=condition())
            except OSError as error:
                lost.extend([error] if is_refusal(error) else [])

    def tell(progress):
        share[0] = progress
        if lost:
            raise lost[0]

    def download(model):
        content = call(model["path"])
        if hashlib.sha256(content).hexdigest() != model["digest"]:
            raise OSError(f"{model['label']} has other bytes than its digest says")
        return content

    threading.Thread(target=beat, daemon=True).start()
    try:
        try:
            what, body = "result", {"result": measure(lease, [download(model) for model in lease["models"]], tell)}
        except OSError:
            raise
        except Exception as error:  # what the runtime says of a model
            health = {"ok": True, "message": "the agent goes on; no other model was tried"}
            what, body = "failure", {"code": "native", "permanent": True, "message": str(error)[:2000], "health": health}
        call(f"{path}/{what}", fence=fence, **body)
        print("sent the", what, "for", lease["job"], flush=True)
    except OSError as error:  # without heartbeats the lease is lost soon, and the benchmark begun anew
        print("left:", words(error), flush=True)
    finally:
        over.set()

if CODE:
    key = json.loads(call("/v1/agent/enrol", code=CODE[0], name=NAME, **ABOUT))["key"]
    with open(os.open(f"{NAME}.key", os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        file.write(key)
instance = str(uuid.uuid4())
welcome = json.loads(call("/v1/agent/hello", instance=instance, condition=condition(), **ABOUT))
print(f"is {welcome['name']} on {SERVER}: {welcome['reason']}", flush=True)
while True:
    try:
        ask = {"instance": instance, "waitMs": int(welcome["pollMs"]), "condition": condition()}
        lease = json.loads(call("/v1/agent/lease", **ask))["lease"]
    except OSError as error:
        if is_refusal(error):
            sys.exit(words(error))
        print("no answer, asked again:", error, flush=True)
        lease = None
        time.sleep(5)
    if lease:
        work(lease, welcome["heartbeatMs"])
