"""Names of metrics as people read them."""

_TITLES = {
    "accuracy": "accuracy (%)",
    "accuracy_selected": "accuracy, selected epoch (%)",
    "masked_accuracy": "masked accuracy (%)",
    "bleu4": "BLEU-4 (%)",
    "cider": "CIDEr-D (times 100)",
    "miou": "mean IoU (%)",
    "class_accuracy": "mean class accuracy (%)",
}


def metric_title(metric: str) -> str:
    """Name and unit of a metric; its id where it has no other name."""
    return _TITLES.get(metric, metric)
