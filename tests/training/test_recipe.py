"""Tests of models/training; they need PyTorch, numpy and pillow:

python -m unittest discover -s tests/training
"""

import contextlib
import io
import json
import math
import os
import sys
import tempfile
import unittest
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "models" / "training"))
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as train.py has it, and as early

try:
    import numpy as np
    import torch
    from PIL import Image
except ImportError as missing:
    raise unittest.SkipTest(f"{missing.name} is not installed") from missing

import curve
from config import parse_config
from data import Batch, Dataset, Sample, class_frequencies, crop, read_sample, refine
from distill import main as distill
from evaluate import Confusion
from fast_scnn import FastScnn, Traits, normalise
from labels import CLASSES, IGNORE, LabelSets
from losses import SMOOTHING, Criterion, class_weights
from refusal import Refusal
from schedule import learning_rate, parameter_groups
from train import main as train
from weights import ENCODER, export, load_network, read_safetensors

GOLDEN = REPOSITORY.parent / "shared" / "golden"
V0 = REPOSITORY / "models" / "fast_scnn_street19_v0.safetensors"
V0_PARAMETERS = 1_138_051  # the model's card


def write_pictures(root: Path, count: int = 4, size: tuple[int, int] = (96, 64)) -> dict:
    """Random pictures with bands of four classes, as a configuration that validates on them."""
    random = np.random.default_rng(1)
    for folder in ("frames", "labels"):
        (root / folder).mkdir()
    for index in range(count):
        labels = np.repeat(np.arange(4, dtype=np.uint8), size[1] // 4)[:, None].repeat(size[0], 1)
        pixels = (60 * labels[:, :, None] + random.integers(0, 40, (*labels.shape, 3))).astype(
            np.uint8
        )
        Image.fromarray(pixels).save(root / "frames" / f"{index}.png")
        Image.fromarray(labels).save(root / "labels" / f"{index}.png")
    source = {"name": "bands", "images": "frames/*.png", "labels": "labels/*.png"}
    return {"sources": [source], "validation": [{**source, "size": f"{size[0]}x{size[1]}"}]}


class Folder(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)


class NetworkTest(unittest.TestCase):
    @unittest.skipUnless(GOLDEN.is_dir(), "../shared/golden is absent")
    def test_gives_the_golden_logits_of_v0(self):
        network = load_network(V0)
        for size in ("256x512", "352x480"):
            golden, _ = read_safetensors(GOLDEN / f"street19_v0.{size}.safetensors")
            with torch.inference_mode():
                image = golden["image"].permute(2, 0, 1)[None].float() / 255
                logits = network(normalise(image))
            self.assertLess((logits - golden["logits"]).abs().max().item(), 2e-5)

    def test_has_the_parameters_of_the_card(self):
        parameters = sum(each.numel() for each in FastScnn().parameters())
        self.assertEqual(parameters, V0_PARAMETERS)

    def test_skip_zero_does_not_look_at_the_detail(self):
        torch.manual_seed(0)
        network = FastScnn(skip="zero").eval()
        kernel = network.feature_fusion.conv_higher_res[0].weight
        image = torch.rand(1, 3, 64, 64)
        with torch.no_grad():
            before = network(image)
            kernel.add_(1)
            self.assertTrue(torch.equal(before, network(image)))
            network.skip = "keep"
            self.assertFalse(torch.equal(before, network(image)))


class WeightsTest(Folder):
    def test_survive_a_file_with_the_metadata_of_the_traits(self):
        network = FastScnn(Traits(classes=5, first_padding=0, align_corners=True), auxiliary=True)
        path = self.root / "net.safetensors"
        export(path, network.state_dict(), network.traits, {"version": "test"})
        tensors, metadata = read_safetensors(path)
        self.assertFalse([name for name in tensors if "auxiliary" in name or "num_batches" in name])
        self.assertEqual(metadata["align_corners"], "true")
        loaded = load_network(path)
        self.assertEqual(loaded.traits, network.traits)
        for name, tensor in tensors.items():
            self.assertTrue(torch.equal(tensor, network.state_dict()[name]), name)

    def test_of_another_shape_are_refused(self):
        path = self.root / "net.safetensors"
        network = FastScnn(Traits(classes=5))
        export(path, network.state_dict(), network.traits, {})
        content = path.read_bytes().replace(
            b'"classifier.conv.1.bias"', b'"classifier.conv.1.bine"'
        )
        path.write_bytes(content)
        with self.assertRaisesRegex(Refusal, '"classifier.conv.1.bias" is missing'):
            load_network(path)


class LabelTest(unittest.TestCase):
    def test_a_map_may_allow_several_classes(self):
        sets = LabelSets()
        codes = sets.read_map("camvid11")
        self.assertEqual(codes[3], CLASSES.index("road"))
        self.assertEqual(codes[11], IGNORE)
        allowed = {CLASSES[each] for each in sets.sets[codes[8]]}
        self.assertEqual(allowed, {"car", "truck", "bus", "train"})
        self.assertEqual(sets.read_map({"7": ["car", "truck", "bus", "train"]})[7], codes[8])

    def test_unknown_names_are_refused(self):
        for wrong in ("camvid32", {"0": "lorry"}, {"x": "road"}):
            with self.assertRaises(Refusal):
                LabelSets().read_map(wrong)

    def test_a_teacher_decides_within_what_is_allowed(self):
        sets = LabelSets()
        building = sets.read_map("camvid11")[1]
        codes = np.array([[building, building, 0, IGNORE]], np.uint8)
        planes = np.zeros((len(CLASSES), 1, 4), np.uint8)
        planes[CLASSES.index("wall"), 0] = (90, 10, 90, 90)
        planes[CLASSES.index("building"), 0] = (80, 20, 0, 0)
        planes[CLASSES.index("car"), 0] = 200  # likeliest, but not allowed
        soft = refine(codes, [Image.fromarray(plane) for plane in planes], sets)
        self.assertEqual(soft.tolist(), [[3, 2, 0, IGNORE]])
        hard = refine(codes, [Image.fromarray(np.array([[3, 13, 3, 3]], np.uint8))], sets)
        self.assertEqual(hard.tolist(), [[3, building, 0, IGNORE]])


class LossTest(unittest.TestCase):
    def setUp(self):
        self.sets = LabelSets()
        self.building = int(self.sets.read_map("camvid11")[1])
        self.logits = torch.randn(1, 19, 1, 3, generator=torch.Generator().manual_seed(3))
        frequencies = np.full(19, 1 / 19)
        self.criterion = Criterion(self.sets.table(), frequencies, torch.device("cpu"))

    def loss(self, codes, soft=None) -> float:
        batch = Batch(
            torch.zeros(1), torch.zeros(1), torch.tensor([[codes]], dtype=torch.uint8), soft,
            torch.tensor([soft is not None]),
        )  # fmt: skip
        return self.criterion([self.logits], self.criterion.target(batch)).item()

    def expected(self, likelihoods) -> float:
        smooth = -self.logits.log_softmax(1).mean(1).flatten()[: len(likelihoods)].mean().item()
        plain = -sum(math.log(each) for each in likelihoods) / len(likelihoods)
        return (1 - SMOOTHING) * plain + SMOOTHING * smooth

    def test_of_a_coarse_label_is_that_of_the_summed_probability(self):
        likely = self.logits.softmax(1)[0, :, 0]
        expected = self.expected([float(likely[2, 0] + likely[3, 0]), float(likely[0, 1])])
        self.assertAlmostEqual(self.loss([self.building, 0, IGNORE]), expected, places=5)

    def test_of_a_sure_soft_label_is_that_of_the_class(self):
        soft = torch.zeros(1, 19, 1, 3)
        soft[0, 2, 0, 0] = soft[0, 0, 0, 1] = 1
        self.assertAlmostEqual(self.loss([IGNORE] * 3, soft), self.loss([2, 0, IGNORE]), places=5)

    def test_weighs_rare_classes_up(self):
        weights = class_weights(torch.tensor([0.0, 0.4, 1.0]))
        expected = [1 / math.log(1.1), 1 / math.log(1.5), 1 / math.log(2.1)]
        self.assertTrue(torch.allclose(weights, torch.tensor(expected)))


class ScheduleTest(unittest.TestCase):
    def test_is_one_cycle(self):
        rates = [learning_rate(step, 1000, 3e-3) for step in range(1000)]
        self.assertEqual(max(rates), rates[50])  # 5% of warm-up
        self.assertAlmostEqual(rates[50], 3e-3)
        self.assertAlmostEqual(rates[0], 3e-3 / 25)
        self.assertAlmostEqual(rates[-1], 3e-3 / 25 * 1e-3)

    def test_decays_full_convolutions_only(self):
        network = FastScnn()
        decayed, free = (group["params"] for group in parameter_groups(network, 0.01))
        self.assertTrue(all(each.ndim == 4 and each.shape[1] > 1 for each in decayed))
        self.assertFalse([each for each in free if each.ndim == 4 and each.shape[1] > 1])
        self.assertEqual(len(decayed) + len(free), len(list(network.parameters())))


class DataTest(Folder):
    def test_pairs_files_by_their_wildcards(self):
        for name in ("a/x/1_img.png", "a/y/1_img.png", "b/x/1_ids.png", "b/y/1_ids.png"):
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        entry = {"images": "a/*/*_img.png", "labels": "b/*/*_ids.png"}
        pictures = parse_config({"sources": [entry]}, self.root).sources[0].pictures
        pairs = [(each.image.parent.name, each.labels.parent.name) for each in pictures]
        self.assertEqual(pairs, [("x", "x"), ("y", "y")])
        (self.root / "b/y/1_ids.png").unlink()
        with self.assertRaisesRegex(Refusal, "has no labels"):
            parse_config({"sources": [entry]}, self.root)

    def test_draws_the_same_batch_at_the_same_step(self):
        config = parse_config(write_pictures(self.root), self.root)
        sets = [Dataset(config, size=(64, 32), batch=4, seed=7) for _ in range(2)]
        sets[0].draw(0)
        first, second = sets[0].draw(5), sets[1].draw(5)
        self.assertTrue(torch.equal(first.images, second.images))
        self.assertTrue(torch.equal(first.codes, second.codes))
        self.assertTrue(torch.equal(first.colour, second.colour))
        self.assertFalse(torch.equal(first.images, sets[0].draw(6).images))

    def test_labels_stay_on_their_pixels(self):
        config = parse_config(write_pictures(self.root), self.root)
        source = config.sources[0]
        labels = np.repeat(np.arange(4, dtype=np.uint8), 16)[:, None].repeat(96, 1)
        pixels = np.repeat(60 * labels[:, :, None], 3, 2)
        for scale in (0.4, 1.0, 1.7):
            shown = Sample(Image.fromarray(pixels), Image.fromarray(labels), None)
            random = np.random.default_rng(2)
            each = type(source)(source.name, [], source.codes, 0, 1, (scale, scale))
            image, codes, _ = crop(shown, random, (64, 32), each)
            seen = image[2::4, 2::4, 0] / 60
            inside = codes != IGNORE
            agreement = (np.abs(seen - codes)[inside] < 0.5).mean()
            self.assertGreater(agreement, 0.8, scale)  # bands are blurred at their edges
            self.assertGreater(inside.sum(), 50)

    def test_leaves_out_coarse_sources_unless_asked(self):
        content = write_pictures(self.root)
        content["sources"].append({**content["sources"][0], "name": "extra", "coarse": True})
        for coarse, expected in ((False, ["bands"]), (True, ["bands", "extra"])):
            config = parse_config(content, self.root, coarse=coarse)
            self.assertEqual([source.name for source in config.sources], expected)

    def test_takes_a_teacher_only_where_it_is_sure(self):
        content = write_pictures(self.root, count=1)["sources"][0]
        (self.root / "sure").mkdir()
        sure = np.full((64, 96), 100, np.uint8)
        sure[:, :48] = 200
        Image.fromarray(sure).save(self.root / "sure/0.png")
        content |= {"confidence": "sure/*.png", "minConfidence": 0.6}
        config = parse_config({"sources": [content]}, self.root)
        source = config.sources[0]
        codes = np.asarray(read_sample(source, source.pictures[0], config.sets).codes)
        self.assertTrue((codes[:, 48:] == IGNORE).all())
        self.assertFalse((codes[:, :48] == IGNORE).any())

    def test_gives_the_probabilities_of_a_teacher_alone(self):
        content = write_pictures(self.root, count=1)["sources"][0]
        del content["labels"]
        planes = np.zeros((len(CLASSES), 8, 12), np.uint8)
        planes[0], planes[1] = 64, 191
        np.savez_compressed(self.root / "0.npz", probabilities=planes)
        content |= {"teacher": "*.npz", "scale": [1, 1], "minConfidence": 0.5}
        config = parse_config({"sources": [content]}, self.root)
        batch = Dataset(config, size=(64, 32), batch=2, seed=1).draw(0)
        self.assertTrue(batch.is_soft.all())
        self.assertTrue((batch.codes == IGNORE).all())
        expected = torch.tensor([64 / 255, 191 / 255])[None, :, None, None].expand(2, 2, 8, 16)
        self.assertTrue(torch.allclose(batch.soft[:, :2], expected))
        content["minConfidence"] = 0.8  # surer than it is of anything
        config = parse_config({"sources": [content]}, self.root)
        unsure = Dataset(config, size=(64, 32), batch=2, seed=1).draw(0)
        self.assertFalse(unsure.soft.any())

    def test_counts_a_coarse_label_in_equal_parts(self):
        entry = write_pictures(self.root)["sources"][0]
        entry["map"] = {"0": "road", "1": ["building", "wall"]}
        frequencies = class_frequencies(parse_config({"sources": [entry]}, self.root))
        self.assertTrue(np.allclose(frequencies[[0, 2, 3]], [0.5, 0.25, 0.25]))


class EvaluationTest(Folder):
    def test_counts_as_the_data_set_has_its_classes(self):
        content = write_pictures(self.root)
        content["validation"][0]["map"] = {"0": "road", "1": ["building", "wall"], "2": "sky"}
        config = parse_config(content, self.root)
        confusion = Confusion(config.validation[0], config.sets)
        labels = np.array([[0, 0, 1, 1, 3]], np.uint8)  # 3 is not in the map: void
        confusion.add(labels, np.array([[0, 13, 2, 3, 5]], np.uint8))
        ious = dict(zip(confusion.names, confusion.ious()))
        self.assertEqual(ious["road"], 0.5)
        self.assertEqual(ious["building/wall"], 1)
        self.assertTrue(np.isnan(ious["sky"]))
        self.assertEqual(confusion.miou(), 0.75)


class TrainingTest(Folder):
    def train(self, name: str, *options: str) -> int:
        config = self.root / "data.json"
        if not config.exists():
            config.write_text(json.dumps(write_pictures(self.root)))
        arguments = [
            "--config", str(config), "--out", str(self.root / f"{name}.safetensors"),
            "--steps", "20", "--crop", "64x32", "--batch", "4", "--precision", "fp32",
            "--every", "5", "--validate-every", "10", *options,
        ]  # fmt: skip
        with contextlib.redirect_stdout(io.StringIO()):
            return train(arguments)

    def test_resumed_at_the_middle_gives_the_same_bits(self):
        self.assertEqual(self.train("straight"), 0)
        self.train("halves", "--until", "10")
        self.train("halves", "--resume", str(self.root / "halves.checkpoint"))
        straight, halves = (
            torch.load(self.root / f"{name}.checkpoint", weights_only=True)
            for name in ("straight", "halves")
        )
        self.assertEqual((straight["step"], halves["step"]), (20, 20))
        states = ((each["network"], each["average"]["state"]) for each in (straight, halves))
        for through, resumed in zip(*states):
            for name, tensor in through.items():
                self.assertTrue(torch.equal(tensor, resumed[name]), name)

    def test_leaves_a_table_and_a_picture_of_how_it_went(self):
        self.train("net")
        lines = (self.root / "net.csv").read_text().splitlines()
        self.assertEqual(lines[0], "step,loss,rate,step_ms,miou")
        self.assertEqual([line.split(",")[0] for line in lines[1:]], ["5", "10", "15", "20"])
        self.assertEqual([bool(line.split(",")[4]) for line in lines[1:]], [False, True] * 2)
        with Image.open(self.root / "net.png") as picture:
            self.assertEqual(picture.size, curve.SIZE)

    def test_begins_from_other_weights_wholly_or_before_the_fusion(self):
        self.train("begin", "--until", "1", "--init", str(V0))
        self.train("encoder", "--until", "1", "--pretrained", str(V0), "--rate", "1e-9")
        v0, _ = read_safetensors(V0)
        encoder, _ = read_safetensors(self.root / "encoder.safetensors")
        for name in ("learning_to_downsample.conv.conv.0.weight", "classifier.conv.1.weight"):
            is_kept = torch.allclose(v0[name], encoder[name], atol=1e-6)
            self.assertEqual(is_kept, name.startswith(ENCODER), name)

    def test_refuses_to_resume_another_recipe(self):
        self.train("net", "--until", "1")
        checkpoint = str(self.root / "net.checkpoint")
        with self.assertRaisesRegex(Refusal, "its rate is 0.003, and now it is 0.001"):
            self.train("net", "--resume", checkpoint, "--rate", "1e-3")


class DistillTest(Folder):
    """The teacher here takes the brightest of red, green and blue for the class."""

    def setUp(self):
        super().setUp()
        try:
            import onnx
            import onnxruntime  # noqa: F401
        except ImportError as missing:
            self.skipTest(f"{missing.name} is not installed")
        make, kinds = onnx.helper, onnx.TensorProto
        graph = make.make_graph(
            [
                make.make_node("Cast", ["image"], ["codes"], to=kinds.FLOAT),
                make.make_node("Transpose", ["codes"], ["scores"], perm=[0, 3, 1, 2]),
            ],
            "brightest",
            [make.make_tensor_value_info("image", kinds.UINT8, [1, 32, 64, 3])],
            [make.make_tensor_value_info("scores", kinds.FLOAT, [1, 3, 32, 64])],
        )
        model = make.make_model(graph, opset_imports=[make.make_opsetid("", 17)], ir_version=8)
        onnx.save(model, self.root / "teacher.onnx")

    def test_labels_frames_where_they_are_not_symmetric(self):
        pixels = np.zeros((64, 128, 3), np.uint8)
        pixels[:, :40, 0] = pixels[:, 40:100, 1] = pixels[:, 100:, 2] = 250
        (self.root / "frames").mkdir()
        Image.fromarray(pixels).save(self.root / "frames/a.png")
        out = self.root / "taught"
        arguments = [str(self.root / "teacher.onnx"), "--frames", str(self.root / "frames")]
        with contextlib.redirect_stdout(io.StringIO()):
            distill([*arguments, "--out", str(out), "--soft"])
        labels = np.asarray(Image.open(out / "labels/a.png"))
        self.assertEqual(labels.shape, (64, 128))
        self.assertGreater((labels == pixels.argmax(2)).mean(), 0.97)  # edges are blurred
        confidence = np.asarray(Image.open(out / "confidence/a.png"))
        self.assertEqual(np.median(confidence), 255)
        with np.load(out / "soft/a.npz") as archive:
            self.assertEqual(archive["probabilities"].shape, (3, 8, 16))

    def test_says_what_it_cannot_use(self):
        teacher = [str(self.root / "teacher.onnx"), "--out", str(self.root / "taught")]
        for options, expected in (
            (["--frames", str(self.root / "none")], "there is no such folder"),
            (["--frames", str(self.root), "--size", "32x32"], "it was built for 64x32"),
            (["--frames", str(self.root)], "holds no .png or .jpg"),
        ):
            with self.assertRaisesRegex(Refusal, expected):
                distill([*teacher, *options])


if __name__ == "__main__":
    unittest.main()
