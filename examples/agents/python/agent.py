#!/usr/bin/env python3
"""A Coldpress device in Python: the standard library and onnxruntime, whatever its execution providers are.

    python3 agent.py http://SERVER:8090 NAME CODE     enrols, keeps the key in NAME.key, and runs
    python3 agent.py http://SERVER:8090 NAME          runs as the device that it is

docs/agent-protocol.md tells what is said. Choose providers with PROVIDERS=TensorrtExecutionProvider,CPUExecutionProvider.
"""
import hashlib, json, os, platform, random, sys, tempfile, threading, time, urllib.error, urllib.request, uuid

import numpy as np
import onnxruntime as ort

SERVER, NAME = sys.argv[1].rstrip("/"), sys.argv[2]
PROVIDERS = os.environ.get("PROVIDERS", "CPUExecutionProvider").split(",")
KEY_FILE = f"{NAME}.key"
KEY = open(KEY_FILE).read() if os.path.exists(KEY_FILE) else ""
NUMPY = {"float32": np.float32, "float64": np.float64, "float16": np.float16, "bool": np.bool_} | {
    f"{u}int{b}": getattr(np, f"{u}int{b}") for u in ("", "u") for b in (8, 16, 32, 64)}


def call(method, path, body=None, raw=False):
    """One request; the answer's JSON, or its bytes. Raises urllib.error.HTTPError for a refusal."""
    headers = {"content-type": "application/json", "authorization": f"Bearer {KEY}"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(SERVER + path, data=data, headers=headers if KEY or raw else {"content-type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=90) as answer:
        content = answer.read()
    return content if raw else (json.loads(content) if content else None)


def condition():
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {"temperatureC": None, "frequencyMhz": None, "load": load, "onBattery": None}


FINGERPRINT = {
    "kind": "native", "cpu": platform.processor() or platform.machine(), "isa": [], "cores": os.cpu_count() or 1, "memoryMb": None,
    "governor": None, "maxFrequencyMhz": None, "os": f"{platform.system().lower()} {'.'.join(platform.release().split('.')[:2])}",
    "arch": platform.machine(), "runtime": f"onnxruntime {ort.__version__} python", "providers": PROVIDERS}


def session(path, threads):
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return ort.InferenceSession(path, options, providers=PROVIDERS)


def timed(work):
    start = time.perf_counter()
    value = work()
    return value, (time.perf_counter() - start) * 1000


def measure(lease, files, tell):
    """Cold and warm load and first run of each model, then all of them in blocks of random order."""
    settings, rng, before = lease["settings"], np.random.default_rng(lease["settings"]["seed"]), condition()
    feeds = {i["name"]: rng.integers(0, 2, i["dims"]).astype(NUMPY[i["type"]]) for i in lease["inputs"]}
    models, sessions = [], []
    for model, path in zip(lease["models"], files):
        loaded, cold = timed(lambda: session(path, settings["threads"]))
        _, first = timed(lambda: loaded.run(None, feeds))
        _, warm = timed(lambda: session(path, settings["threads"]))
        sessions.append(loaded)
        models.append({"digest": model["digest"], "coldLoadMs": cold, "warmLoadMs": warm, "firstRunMs": first,
                       "samplesMs": [], "runsPerSample": 1, "peakRssBytes": None, "nodes": None})
    order, start = random.Random(settings["seed"]), time.perf_counter()
    runs, seconds = (50, 0) if settings["quick"] else (settings["runs"], settings["seconds"])
    for block in range(-settings["warmupRuns"], 10_000_000):
        done = time.perf_counter() - start
        if block == 0:
            start, done = time.perf_counter(), 0
        if block >= runs and done >= seconds:
            break
        tell(min(1, max(0, block) / runs))
        for index in order.sample(range(len(sessions)), len(sessions)):
            _, ms = timed(lambda: sessions[index].run(None, feeds))
            if block >= 0:
                models[index]["samplesMs"].append(round(ms, 4))
    blocks, step = len(models[0]["samplesMs"]), -(-len(models[0]["samplesMs"]) * len(models) // 30_000)
    for model in models:
        model["samplesMs"] = model["samplesMs"][::step]
    return {"models": models, "blocks": blocks, "seconds": done, "stoppedBy": "limits", "quick": runs < 1024 or seconds < 60,
            "clockResolutionMs": time.get_clock_info("perf_counter").resolution * 1000, "before": before, "after": condition(),
            "notes": ["the inputs are made up", "all models were loaded by one process"]}


def work(lease, beat_ms):
    """Holds the lease by heartbeats while it downloads and measures, and sends what came of it."""
    path, fence, progress, over = f"/v1/agent/leases/{lease['id']}", lease["fence"], [0.0], threading.Event()

    def beat():
        while not over.wait(beat_ms / 1000):
            try:
                call("POST", f"{path}/heartbeat", {"fence": fence, "progress": progress[0], "message": "", "condition": condition()})
            except urllib.error.URLError as error:
                print("heartbeat:", error)

    threading.Thread(target=beat, daemon=True).start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            files = []
            for model in lease["models"]:
                content = call("GET", model["path"], raw=True)
                assert hashlib.sha256(content).hexdigest() == model["digest"], "other bytes than the digest says"
                files.append(os.path.join(folder, f"{model['digest']}.onnx"))
                with open(files[-1], "wb") as file:
                    file.write(content)
            result = measure(lease, files, lambda share: progress.__setitem__(0, share))
        call("POST", f"{path}/result", {"fence": fence, "result": result})
        print("sent the result for", lease["job"])
    except urllib.error.HTTPError as error:
        print("refused:", error.read().decode())
    except Exception as error:  # whatever the runtime says of a model
        failure = {"code": "native", "message": str(error)[:2000] or "failed", "permanent": True, "health": {"ok": True, "message": "not looked at"}}
        call("POST", f"{path}/failure", {"fence": fence, **failure})
        print("failed:", error)
    finally:
        over.set()


if len(sys.argv) > 3:
    enrolment = call("POST", "/v1/agent/enrol", {"code": sys.argv[3], "protocol": 1, "version": "python", "name": NAME, "fingerprint": FINGERPRINT})
    KEY = enrolment["key"]
    with open(os.open(KEY_FILE, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        file.write(KEY)
instance = str(uuid.uuid4())
welcome = call("POST", "/v1/agent/hello", {"protocol": 1, "version": "python", "instance": instance, "fingerprint": FINGERPRINT, "condition": condition()})
print(f"is {welcome['name']} on {SERVER}: {welcome['reason']}", flush=True)
while True:
    try:
        answer = call("POST", "/v1/agent/lease", {"instance": instance, "waitMs": int(welcome["pollMs"]), "condition": condition()})
        if answer["lease"]:
            work(answer["lease"], welcome["heartbeatMs"])
    except urllib.error.HTTPError as error:
        sys.exit(error.read().decode())
    except OSError as error:
        print("no answer, asked again:", error)
        time.sleep(5)
