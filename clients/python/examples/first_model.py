# %% A model and its data, to a small file: each cell as in a notebook.
import sys

from coldpress import Client, Problem

folder = sys.argv[1] if len(sys.argv) > 1 else "examples/seed-net"
client = Client()  # COLDPRESS_URL and COLDPRESS_API_KEY

# %% Send both; what is stored already is not stored again.
model = client.push_model(f"{folder}/seed-net.onnx")
data = client.push_dataset(folder)
print(model["name"], model["inspection"]["parameters"], "parameters")

# %% A recipe is a dictionary; what cannot run says why, and what to do.
try:
    client.submit(model["id"], {"passes": [{"pass": "quantise"}]})
except Problem as problem:
    print(problem.code, problem.errors[0]["message"])

recipe = {
    "passes": [
        {"pass": "quantize", "options": {"samples": 32}},
        {"pass": "evaluate", "options": {"samples": 100, "latencyRuns": 5}},
    ]
}
print(client.check(model["id"], recipe, data["id"])["problems"])

# %% Submit, follow, compare.
job = client.submit(model["id"], recipe, data["id"], name="from a notebook")
job.wait(on_change=lambda now: print(now.state, [stage["state"] for stage in now.record["stages"]]), every=0.5)
for row in job.figures():
    print(row["pass"], row["bytes"], row.get("top1"))

# %% The file, and the evidence.
print(job.save_model("small.onnx"))
print(job.report().splitlines()[0])
