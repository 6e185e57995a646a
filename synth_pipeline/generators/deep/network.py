"""The network of both generators: a residual perceptron, written once for the tensors of PyTorch and for numpy.

A fitted sampler holds its weights as numpy arrays, so that drawing rows and unpickling need no PyTorch.
"""

from typing import Any

import numpy as np

from synth_pipeline.generators.deep.training import Weights


def new_weights(
    inputs: int, context: int, outputs: int, width: int, blocks: int, stream: np.random.Generator
) -> Weights:
    """He's initialisation (2015, arXiv 1502.01852); what ends a block and the network starts at zero.

    ``context`` is fed to every block.
    """

    def layer(rows: int, columns: int) -> np.ndarray:
        return (stream.standard_normal((rows, columns)) * np.sqrt(2 / max(1, rows))).astype(np.float32)

    weights = {"in": layer(inputs, width), "in bias": np.zeros(width, np.float32)}
    for block in range(blocks):
        weights[f"{block} in"] = layer(width, width)
        weights[f"{block} context"] = layer(context, width)
        weights[f"{block} bias"] = np.zeros(width, np.float32)
        weights[f"{block} out"] = np.zeros((width, width), np.float32)
    weights["out"] = np.zeros((width, outputs), np.float32)
    weights["out bias"] = np.zeros(outputs, np.float32)
    return weights


def forward(weights: Any, points: Any, context: Any) -> Any:
    """Outputs of shape (rows, outputs) for points (rows, inputs) and context (rows, context).

    Weights, points and context are all numpy arrays or all tensors.
    """
    hidden = points @ weights["in"] + weights["in bias"]
    for block in range(sum(name.endswith(" context") for name in weights)):
        inner = hidden @ weights[f"{block} in"] + context @ weights[f"{block} context"] + weights[f"{block} bias"]
        hidden = hidden + inner.clip(0) @ weights[f"{block} out"]
    return hidden.clip(0) @ weights["out"] + weights["out bias"]


class Average:
    """The exponential moving average of weights, smoother than the last of them; early on it follows faster."""

    def __init__(self, weights: dict[str, Any], decay: float) -> None:
        self.weights = {name: tensor.detach().clone() for name, tensor in weights.items()}
        self.decay, self.count = decay, 0

    def update(self, weights: dict[str, Any]) -> None:
        self.count += 1
        share = 1 - min(self.decay, (1 + self.count) / (10 + self.count))
        for name, tensor in weights.items():
            self.weights[name].lerp_(tensor.detach(), share)

    def copy(self) -> Weights:
        return {name: tensor.numpy().copy() for name, tensor in self.weights.items()}
