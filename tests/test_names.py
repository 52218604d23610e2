"What docs/names.md calls ours is there."

import importlib
import re

import pytest
import torch
from torch import nn

from entable import Batches, ImageModel, Learner
from entable.data.table import Table
from entable.tablemodel import TableModel
from entable.textmodel import TextModel
from entable.train.callbacks import HOOKS

MODULES = "optim schedule peek best checkpoint writers init".split()


@pytest.fixture
def ours(root):
    "The middle column of the tables about training."
    text = (root / "docs" / "names.md").read_text("utf-8")
    rows = re.findall(r"^\|(?! in the course|--)(.*)\|$", text[text.index("## Training") :], re.M)
    assert all(len(row.split(" | ")) == 3 for row in rows)
    return [row.split(" | ")[1] for row in rows]


def test_what_a_learner_is_asked_for_is_there(ours):
    learn = Learner(nn.Linear(2, 1), Batches((torch.zeros(4, 2), torch.zeros(4, 1))), nn.MSELoss())
    told = " ".join(ours)
    names = set(re.findall(r"learn\.(?:recorder\.)?(\w+)", told)) - {"recorder"}
    assert len(names) > 20
    for name in names:
        assert hasattr(learn, name) or hasattr(learn.recorder, name), name
    for name in re.findall(r"batches\.(\w+)", told):
        assert hasattr(learn.batches, name), name
    for name in re.findall(r"Learner\(\.\.\., (.*?)\)", told):
        for setting in re.findall(r"(\w+)=", name):
            assert setting in Learner.__init__.__annotations__, setting


@pytest.mark.parametrize("name", MODULES)
def test_what_is_named_with_its_module_is_in_it(ours, name):
    module = importlib.import_module(f"entable.train.{name}")
    named = set(re.findall(rf"\b{name}\.(\w+)", " ".join(ours)))
    assert named
    assert named <= set(module.__all__)


@pytest.mark.parametrize(
    ("home", "names"),
    [
        ("recipes.collab", "collab_learner dot_product dot_bias embedding_nn mini_net"),
        ("models.parts", "Embedding width Range"),
        ("train.metrics", "rmse mae accuracy"),
        ("train.callbacks", "Callback"),
    ],
)
def test_recommenders_have_the_names_that_the_page_gives_them(ours, home, names):
    module = importlib.import_module(f"entable.{home}")
    for name in names.split():
        assert hasattr(module, name), name


@pytest.mark.parametrize(
    ("home", "names"),
    [
        ("data.dates", "date_parts"),
        ("data.events", "elapsed rolling"),
        ("data.heldout", "split held_out"),
        ("recipes.tabular", "tabular_learner"),
        ("recipes.tablenets", "tabular_net"),
        ("recipes.sklearn", "EntityEmbeddingEncoder EmbeddingRegressor EmbeddingClassifier"),
        ("data.text", "Text"),
        ("train.streams", "Streams"),
        ("models.ladder", "Adding Joining Recurrent"),
        ("models.rnn", "LanguageModel Drops AWD"),
        ("recipes.textclasses", "text_classifier"),
        ("data.images", "Images"),
        ("models.augment", "photographs crop warp colour erase then Mixup"),
        ("recipes.vision", "vision_learner"),
        ("models.conv", "ConcatPool"),
        ("train.gradcam", "grad_cam"),
    ],
)
def test_what_tables_are_given_to_is_where_the_page_says(ours, home, names):
    told, module = " ".join(ours), importlib.import_module(f"entable.{home}")
    assert f"`entable.{home}`" in told
    for name in names.split():
        assert name in told, name
        assert hasattr(module, name), name


@pytest.mark.parametrize(
    ("word", "kind"),
    [("table", Table), ("model", TableModel), ("speaks", TextModel), ("sees", ImageModel)],
)
def test_tables_and_their_models_can_do_what_the_page_says(root, word, kind):
    text = (root / "docs" / "names.md").read_text("utf-8")
    text = text[text.index("## Tables") :]
    named = set(re.findall(rf"`{word}\.(\w+)", text)) - {"embeds"}
    assert len(named) >= 3
    for name in named:
        assert hasattr(kind, name), name


def test_the_hooks_of_the_page_are_hooks(ours):
    named = set(re.findall(r"`((?:before|after)_\w+)`", " ".join(ours)))
    assert len(named) == 5
    assert named <= set(HOOKS)
