"""The field's words, each in a sentence or two."""

from __future__ import annotations

import difflib
from typing import Final

from pi_nn.errors import DataError

TERMS: Final[dict[str, str]] = {
    "accuracy": "The share of examples whose highest score is the right class; 0.99 is one mistake in a hundred.",
    "activation": "The function at the end of a neuron: sigmoid, tanh, ReLU. Without it, any number of "
    "layers would be no more than one linear layer.",
    "augmentation": "Training on turned, stretched, blurred copies of the examples, made anew in every "
    "epoch, so that the network learns what does not matter.",
    "back query": "Asking a network of sigmoid units backwards, through the transposed weights, which picture "
    "makes it say a digit.",
    "backpropagation": "The chain rule, walked from the loss back to every weight: each layer turns the "
    "gradient of its output into the gradients of its input and its weights.",
    "batch": "The examples that share one update. All of them: batch training; one: stochastic; some: mini-batch.",
    "batch normalisation": "Brings each channel to mean 0 and variance 1 over the batch while training, then "
    "scales and shifts it by learned numbers. For inference it is folded into the weights.",
    "bias": "A number that a neuron adds to its weighted sum, so that its threshold need not be zero.",
    "box": "The rectangle of the ink in the picture: x, y, width, height in pixels.",
    "calibration": "Making confidence mean what it says: of the digits read with 0.9, nine in ten are right.",
    "checkpoint": "Everything that a training needs to go on after it was stopped: weights, optimiser, random state.",
    "class": "One of the answers that the network can give; here the digits 0 to 9.",
    "confidence": "How sure the network is of its answer, 0 to 1, after calibration.",
    "confusion matrix": "A table: the true class in rows, the answer in columns. Mistakes stand off the diagonal.",
    "convolution": "A small set of weights slides over the picture, so that a stroke is found wherever it stands.",
    "coverage": "The share of the examples that were accepted; the others were read, but not trusted.",
    "cross-entropy": "The loss for classes: minus the logarithm of the probability given to the right one.",
    "depthwise convolution": "A convolution in which every channel has its own small filter; cheap.",
    "dropout": "Switching off neurons at random while training, so that none relies on one neighbour.",
    "epoch": "One pass over all training examples.",
    "exponential moving average": "A slow copy of the weights that follows the fast ones; usually better than the last step.",
    "feature": "Something that a layer has learned to find, such as an edge, a loop, or a crossing.",
    "fine-tuning": "Training an already trained network a little further on other data, often its last layer only.",
    "forgetting": "What a network does with the old examples when it is taught new ones alone; shown the old "
    "ones again beside them, it does not.",
    "frame": "One picture from the camera, with the time at which it was taken.",
    "freezing": "Leaving the weights of some layers as they are while others are trained.",
    "generalisation": "Doing well on examples never seen in training: the purpose of it all.",
    "gradient": "For every weight, how fast the loss grows when that weight grows.",
    "gradient check": "Comparing backpropagation with the slope measured by moving a weight a little each way.",
    "gradient descent": "Taking a small step against the gradient, again and again.",
    "hidden layer": "A layer between input and output; without one, XOR cannot be learned.",
    "inference": "Using a trained network, as opposed to training it.",
    "initialisation": "The random weights before training. Equal weights would stay equal for ever.",
    "junk": "Ink that is no digit: a letter, a scribble, a table line. A good reader says so.",
    "label": "The name of the right answer of an example, or of the class that was read.",
    "layer": "Neurons that share their inputs; its forward pass is one matrix product and one activation.",
    "learning rate": "The length of a step. Too long: the loss jumps about. Too short: it takes for ever.",
    "logits": "The last layer's raw scores, before softmax turns them into probabilities.",
    "loss": "One number that says how wrong the network is; training makes it smaller.",
    "margin": "The best probability minus the second best; small where two digits look alike.",
    "MNIST": "70,000 handwritten digits of 28x28 pixels, 60,000 to train on, 10,000 to test with "
    "(LeCun, Cortes, Burges).",
    "momentum": "Keeping part of the last step, as a rolling ball does.",
    "neuron": "Multiplies its inputs by weights, adds a bias, applies an activation.",
    "optimiser": "The rule that turns gradients into steps: SGD, momentum, RMSprop, Adam …",
    "occlusion map": "Where covering a patch of the picture makes the answer less sure: what the network looked at.",
    "overfitting": "Learning the training examples by heart: the training loss falls, the validation loss rises.",
    "parameter": "A number that training may change: a weight or a bias.",
    "pooling": "Keeping the largest (or the mean) of neighbouring values; the picture shrinks, small shifts stop mattering.",
    "probability": "The network's share of belief in a class; all classes together make 1.",
    "reading": "The answer for one frame: text, digits, boxes, confidence, status, reason.",
    "recall": "Of the examples of one class, the share that was found.",
    "regularisation": "Whatever keeps a network from learning by heart: weight decay, dropout, augmentation.",
    "ReLU": "max(0, x): the simplest activation that works in deep networks.",
    "residual": "A layer's input added to its output, so that deep networks learn as easily as shallow ones.",
    "sigmoid": "1 / (1 + exp(-x)): an S that runs from 0 to 1.",
    "softmax": "exp of each logit, divided by their sum: scores become probabilities.",
    "stochastic gradient descent": "Gradient descent that looks at one example, or a few, before each step.",
    "temperature": "The number by which logits are divided before softmax, to calibrate the confidence.",
    "tensor": "An array with any number of axes; a batch of pictures has four.",
    "test set": "Examples used once, at the end, to measure. They never choose anything.",
    "tile": "A digit brought to 28x28 pixels, as the network sees it.",
    "transfer learning": "Using the features that a network learned on one task for another.",
    "validation set": "Examples kept from training, to choose settings and the best epoch by.",
    "weight": "What a connection between two neurons multiplies by; where everything learned is kept.",
    "weight decay": "Pulling every weight a little towards zero at each step.",
}


def define(term: str) -> tuple[str, str]:
    """(term, definition) for ``term``, found without regard to capitals.

    Raises :class:`DataError` that names near terms for one that is not there.
    """
    known = {name.lower(): name for name in TERMS}
    key = term.strip().lower()
    if key in known:
        return known[key], TERMS[known[key]]
    near = difflib.get_close_matches(key, known, n=3) or [name for name in known if key and key in name][:3]
    hint = f"; near it: {', '.join(known[name] for name in near)}" if near else ""
    raise DataError(f"no such term {term!r}{hint}; all of them: pi-nn glossary")
