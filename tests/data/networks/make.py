"""Makes the networks of this folder, and what onnxruntime computes with them: `cases.json`.

Needs `onnx`, `onnxruntime` and `numpy`; run it in this folder. One small random network an operator, two that look like an exported
policy, and one that plays in a shipped scenario. The numbers are drawn from a fixed seed.
"""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper

HERE = Path(__file__).parent
rng = np.random.default_rng(7)
ROWS = 4


def w(*shape):
    return rng.normal(size=shape).astype(np.float32)


def build(name, nodes, weights, obs=None, own=None, notes=None, opset=18, value=False):
    inputs = []
    if obs is not None:
        inputs.append(h.make_tensor_value_info("obs", T.UINT8, ["batch", *obs]))
    if own is not None:
        inputs.append(h.make_tensor_value_info("own", T.FLOAT, ["batch", own]))
    outputs = [h.make_tensor_value_info("logits", T.FLOAT, [None, None])]
    if value:
        outputs.append(h.make_tensor_value_info("value", T.FLOAT, [None, None]))
    graph = h.make_graph(nodes, name, inputs, outputs,
                         [numpy_helper.from_array(np.asarray(v), k) for k, v in weights.items()])
    model = h.make_model(graph, opset_imports=[h.make_opsetid("", opset)], ir_version=9)
    for key, text in (notes or {}).items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, text
    onnx.checker.check_model(model)
    path = HERE / f"{name}.onnx"
    onnx.save(model, path)
    assert path.stat().st_size < 50_000, path
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    cases = []
    for _ in range(ROWS):
        feed, case = {}, {"obs": [], "own": []}
        if obs is not None:
            x = rng.integers(0, 256, size=(1, *obs)).astype(np.uint8)
            feed["obs"], case["obs"] = x, x.ravel().tolist()
        if own is not None:
            x = w(1, own)
            feed["own"], case["own"] = x, x.ravel().astype(float).tolist()
        case["logits"] = session.run(["logits"], feed)[0].ravel().astype(float).tolist()
        cases.append(case)
    return {"name": name, "cases": cases}


n = h.make_node
i64 = lambda *v: np.array(v, np.int64)
out = []
for op in ("Relu", "Tanh", "Sigmoid", "Identity"):
    out.append(build(op.lower(), [n(op, ["own"], ["logits"])], {}, own=7))
for op in ("Add", "Sub", "Mul", "Div"):
    out.append(build(op.lower(), [n(op, ["own", "w"], ["a"]), n(op, ["v", "a"], ["b"]), n("Flatten", ["b"], ["logits"])],
                     {"w": w(6), "v": w(3, 1) + 2}, own=6))
out.append(build("gemm", [n("Gemm", ["own", "w", "b"], ["x"], transB=1, alpha=0.5, beta=2.0), n("Gemm", ["x", "v"], ["y"]),
                          n("Gemm", ["u", "y", "c"], ["z"], transA=1), n("Flatten", ["z"], ["logits"])],
                 {"w": w(19, 13), "b": w(19), "v": w(19, 5), "u": w(1, 3), "c": w(3, 1)}, own=13))
out.append(build("matmul", [n("Reshape", ["own", "s"], ["x"]), n("MatMul", ["x", "w"], ["y"]), n("Transpose", ["w"], ["wt"]),
                            n("MatMul", ["y", "wt"], ["z"]), n("Flatten", ["z"], ["logits"])],
                 {"s": i64(-1, 3, 11), "w": w(11, 5)}, own=33))
out.append(build("conv", [n("Cast", ["obs"], ["f"], to=T.FLOAT), n("Mul", ["f", "k"], ["g"]),
                          n("Transpose", ["g"], ["p"], perm=[0, 3, 1, 2]),
                          n("Conv", ["p", "w", "b"], ["c"], kernel_shape=[3, 3], pads=[1, 0, 1, 2], strides=[2, 1]),
                          n("Conv", ["c", "v"], ["d"], kernel_shape=[2, 3], dilations=[1, 2], group=2),
                          n("Flatten", ["d"], ["logits"])],
                 {"k": np.float32(1 / 255), "w": w(4, 2, 3, 3), "b": w(4), "v": w(6, 2, 2, 3)}, obs=(7, 7, 2)))
out.append(build("embedding", [n("Cast", ["obs"], ["i"], to=T.INT64), n("Reshape", ["i", "s"], ["j"]), n("Add", ["j", "o"], ["k"]),
                               n("Gather", ["e", "k"], ["x"]), n("ReduceSum", ["x", "axes"], ["y"], keepdims=0),
                               n("Relu", ["y"], ["logits"])],
                 {"s": i64(-1, 18), "o": (np.arange(18, dtype=np.int64) % 2) * 256, "e": w(512, 6), "axes": i64(1)}, obs=(3, 3, 2)))
out.append(build("reducesum", [n("Reshape", ["own", "s"], ["x"]), n("ReduceSum", ["x", "a"], ["y"], keepdims=1),
                               n("Add", ["x", "y"], ["z"]), n("ReduceSum", ["z", "b"], ["u"], keepdims=0),
                               n("Flatten", ["u"], ["logits"])],
                 {"s": i64(1, 2, 3, 5), "a": i64(1, -1), "b": i64(-2)}, own=30))
out.append(build("softmax", [n("Reshape", ["own", "s"], ["x"]), n("Softmax", ["x"], ["y"], axis=1), n("Softmax", ["x"], ["z"]),
                             n("Add", ["y", "z"], ["t"]), n("Flatten", ["t"], ["logits"])], {"s": i64(1, 3, 4)}, own=12))
out.append(build("layernorm", [n("Reshape", ["own", "s"], ["x"]), n("LayerNormalization", ["x", "g", "b"], ["y"], epsilon=1e-4),
                               n("LayerNormalization", ["y", "h"], ["z"], axis=1), n("Flatten", ["z"], ["logits"])],
                 {"s": i64(1, 3, 9), "g": w(9), "b": w(9), "h": w(3, 9)}, own=27))
out.append(build("concat", [n("Reshape", ["own", "s"], ["x"]), n("Concat", ["x", "c", "x"], ["y"], axis=1),
                            n("Concat", ["y", "y"], ["z"], axis=-1), n("Flatten", ["z"], ["logits"], axis=1)],
                 {"s": i64(1, 2, 4), "c": w(1, 3, 4)}, own=8))
out.append(build("slice", [n("Reshape", ["own", "s"], ["x"]),
                           n("Slice", ["x", "b", "e", "a", "t"], ["y"]), n("Transpose", ["y"], ["z"], perm=[2, 0, 1]),
                           n("Flatten", ["z"], ["logits"], axis=0)],
                 {"s": i64(1, 4, 9), "b": i64(-3, 1), "e": i64(2**63 - 1, -1), "a": i64(1, 2), "t": i64(1, 3)}, own=36))
const = numpy_helper.from_array(w(5), "c")
out.append(build("constant", [n("Constant", [], ["c"], value=const), n("Mul", ["own", "c"], ["logits"])], {}, own=5))
# As an exporter writes a policy: a net with a hidden layer, and one over the picture; the value head is not computed.
for name, op in (("mlp", "Tanh"), ("mlp_relu", "Relu")):
    out.append(build(name, [n("Cast", ["obs"], ["f"], to=T.FLOAT), n("Flatten", ["f"], ["g"]), n("Mul", ["g", "k"], ["p"]),
                            n("Concat", ["p", "own"], ["x"], axis=1), n("Gemm", ["x", "w", "b"], ["y"], transB=1),
                            n(op, ["y"], ["z"]), n("Gemm", ["z", "v", "c"], ["logits"], transB=1),
                            n("Gemm", ["z", "u"], ["value"], transB=1)],
                     {"k": np.float32(1 / 255), "w": w(32, 105) / 8, "b": w(32), "v": w(9, 32), "c": w(9), "u": w(1, 32)},
                     obs=(7, 7, 2), own=7, value=True))
(HERE / "cases.json").write_text(json.dumps(out) + "\n")
