"""Makes net.onnx of docs/first-model.md from the digits of examples/seed-net: a small convolutional net of PyTorch (2.15)."""
import numpy as np
import torch

data = np.load("examples/seed-net/mnist-train.npz")
images = torch.from_numpy(data["x"].reshape(-1, 1, 28, 28).astype("float32") / 255)
labels = torch.from_numpy(data["y"].astype("int64"))

torch.manual_seed(0)
net = torch.nn.Sequential(
    torch.nn.Conv2d(1, 16, 3, padding=1), torch.nn.BatchNorm2d(16), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
    torch.nn.Conv2d(16, 32, 3, padding=1), torch.nn.BatchNorm2d(32), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
    torch.nn.Flatten(), torch.nn.Linear(32 * 7 * 7, 10),
)
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for _ in range(6):
    for rows in torch.randperm(len(labels)).split(64):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(images[rows]), labels[rows]).backward()
        optimizer.step()

net.eval()
x = images[:2]
batch = torch.export.Dim("batch")
torch.onnx.export(net, (x,), "test/first-model/net.onnx", input_names=["image"], output_names=["logits"],
                  dynamic_shapes=({0: batch},), external_data=False)
