"""Values that the paper published, to stand beside ours."""

from know.reporting.paper import PaperScore, PaperTable, PaperTime

# Source: Jang et al. (arXiv 2508.05059). Cells whose number is not known are absent.
# Columns of Tables 1 and 6 are the share of CIFAR-100 that Theta_0 saw.
PAPER_TABLES: dict[str, PaperTable] = {
    "table1": PaperTable(
        "ResNet18, CIFAR-100 -> CIFAR-10, 10 trials",
        "accuracy",
        ["100 %", "50 %", "25 %", "12.5 %", "6.25 %"],
        {
            ("naive", 1.0, "100 %"): PaperScore(92.40),
            ("naive", 1.0, "50 %"): PaperScore(92.08),
            ("KNOWN", 2.0, "100 %"): PaperScore(93.00, 0.11),
            ("KNOWN", 2.0, "50 %"): PaperScore(92.58, 0.14),
            ("KNOWN", 2.0, "25 %"): PaperScore(92.29, 0.04),
            ("KNOWN", 2.0, "12.5 %"): PaperScore(92.11, 0.10),
            ("KNOWN", 2.0, "6.25 %"): PaperScore(91.90, 0.13),
            ("KNOWN", 4.0, "100 %"): PaperScore(93.27, 0.09),
            ("KNOWN", 4.0, "50 %"): PaperScore(92.62, 0.25),
            ("KNOWN", 4.0, "25 %"): PaperScore(92.88, 0.11),
            ("KNOWN", 4.0, "12.5 %"): PaperScore(92.40, 0.06),
            ("KNOWN", 4.0, "6.25 %"): PaperScore(91.98, 0.14),
            ("KNOWN", 8.0, "100 %"): PaperScore(93.55, 0.05),
            ("KNOWN", 8.0, "50 %"): PaperScore(93.11, 0.19),
            ("KNOWN", 8.0, "25 %"): PaperScore(92.92, 0.15),
            ("KNOWN", 8.0, "12.5 %"): PaperScore(92.22, 0.37),
            ("KNOWN", 8.0, "6.25 %"): PaperScore(92.07, 0.18),
        },
    ),
    "table2": PaperTable(
        "PVTv2, ImageNet to each data set",
        "accuracy",
        ["CIFAR-100", "TinyImageNet", "Cars", "CUB", "Flowers"],
        {
            ("TaskVector", 3.0, "CUB"): PaperScore(71.00, 0.25),
            ("TSV", 3.0, "Cars"): PaperScore(88.78, 0.12),
            ("TSV", 9.0, "Cars"): PaperScore(88.85, 0.09),
            ("KNOWN", 3.0, "CIFAR-100"): PaperScore(82.46, 0.20),
            ("KNOWN", 3.0, "TinyImageNet"): PaperScore(77.53, 0.11),
            ("KNOWN", 3.0, "Cars"): PaperScore(88.57, 0.18),
            ("KNOWN", 3.0, "CUB"): PaperScore(71.18, 0.45),
            ("KNOWN", 3.0, "Flowers"): PaperScore(88.65, 0.69),
            ("KNOWN", 9.0, "CIFAR-100"): PaperScore(82.33, 0.15),
            ("KNOWN", 9.0, "TinyImageNet"): PaperScore(77.58, 0.12),
            ("KNOWN", 9.0, "Cars"): PaperScore(88.85, 0.23),
            ("KNOWN", 9.0, "CUB"): PaperScore(71.30, 0.28),
            ("KNOWN", 9.0, "Flowers"): PaperScore(88.53, 0.27),
        },
    ),
    "table3": PaperTable(
        "PVTv2, ImageNet to PACS, 80 epochs, tested on the domain left out",
        "accuracy",
        ["art", "sketch", "cartoon", "photo", "average"],
        {
            ("naive", 1.0, "average"): PaperScore(63.48),
            ("LogFit", 3.0, "sketch"): PaperScore(48.58, 1.66),
            ("LogFit", 3.0, "average"): PaperScore(65.74),
            ("LogFit", 9.0, "average"): PaperScore(66.53),
            ("TaskVector", 3.0, "average"): PaperScore(66.56),
            ("TaskVector", 9.0, "average"): PaperScore(66.57),
            ("MagMax", 9.0, "average"): PaperScore(63.17),
            ("TSV", 3.0, "average"): PaperScore(62.97),
            ("TSV", 9.0, "average"): PaperScore(63.45),
            ("KNOWN", 3.0, "art"): PaperScore(72.12, 0.27),
            ("KNOWN", 3.0, "sketch"): PaperScore(44.11, 1.52),
            ("KNOWN", 3.0, "cartoon"): PaperScore(62.73, 1.27),
            ("KNOWN", 3.0, "photo"): PaperScore(93.87, 1.10),
            ("KNOWN", 3.0, "average"): PaperScore(68.21),
            ("KNOWN", 9.0, "art"): PaperScore(72.07, 0.20),
            ("KNOWN", 9.0, "sketch"): PaperScore(44.02, 0.78),
            ("KNOWN", 9.0, "cartoon"): PaperScore(64.28, 0.88),
            ("KNOWN", 9.0, "photo"): PaperScore(92.98, 0.29),
            ("KNOWN", 9.0, "average"): PaperScore(68.33),
        },
    ),
    "table4": PaperTable(
        "PVTv2 encoder, ImageNet to Flickr8K, 50 epochs; naive is about 37.2",
        "masked_accuracy",
        ["Flickr8K"],
        {
            ("KNOWN", 3.0, "Flickr8K"): PaperScore(39.38, 0.15),
            ("KNOWN", 9.0, "Flickr8K"): PaperScore(39.25, 0.17),
        },
    ),
    "table5": PaperTable(
        "DeepLabV3+ with MobileNet, Pascal VOC to Cityscapes, 150 epochs; the paper's "
        "table says mean IoU, its text mean class accuracy",
        "miou",
        ["Cityscapes"],
        {
            ("KNOWN", 3.0, "Cityscapes"): PaperScore(69.00, 1.04),
            ("KNOWN", 9.0, "Cityscapes"): PaperScore(71.22, 0.82),
        },
    ),
    "table6": PaperTable(
        "ResNet18, CIFAR-100 -> CIFAR-10",
        "accuracy",
        ["100 %"],
        {
            ("TaskVector, S = 2", 2.0, "100 %"): PaperScore(92.69),
            ("TaskVector, S = 2", 4.0, "100 %"): PaperScore(92.70),
            ("TaskVector, S = 2", 8.0, "100 %"): PaperScore(92.65),
            ("KNOWN, S = 3", 2.0, "100 %"): PaperScore(93.01, 0.16),
            ("KNOWN, S = 3", 4.0, "100 %"): PaperScore(93.04),
            ("KNOWN, S = 3", 8.0, "100 %"): PaperScore(92.72),
            ("KNOWN, S = 4", 2.0, "100 %"): PaperScore(92.97),
            ("KNOWN, S = 4", 4.0, "100 %"): PaperScore(93.10, 0.13),
            ("KNOWN, S = 4", 8.0, "100 %"): PaperScore(92.89, 0.16),
            ("KNOWN, S = 5", 2.0, "100 %"): PaperScore(93.00, 0.11),
            ("KNOWN, S = 5", 4.0, "100 %"): PaperScore(93.27, 0.09),
            ("KNOWN, S = 5", 8.0, "100 %"): PaperScore(93.55, 0.05),
        },
    ),
}
"""By the id of the table."""

PAPER_TIMES: dict[tuple[str, float, str], PaperTime] = {
    ("naive", 1.0, "50 %"): PaperTime(3800, None, 92.08),
    ("naive", 1.0, "100 %"): PaperTime(7600, None, 92.40),
    ("KNOWN", 2.0, "50 %"): PaperTime(7372, 3.01, 92.58),
    ("KNOWN", 4.0, "50 %"): PaperTime(7372, 6.02, 92.62),
    ("KNOWN", 8.0, "50 %"): PaperTime(7372, 9.03, 93.11),
}
"""Table 7, by the paper's row, the data multiplier and the share of CIFAR-100."""
PAPER_TIMES_SETTING = "ResNet18, CIFAR-100, 200 epochs of 38 s at 100 %"
