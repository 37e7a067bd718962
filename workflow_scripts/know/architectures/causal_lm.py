"""A causal language model of transformers, built from its configuration."""

# Shape suffixes: B batch, C channels, H height, W width, L characters of a text, F
# features of a character, V characters of the vocabulary.

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from know.architectures.network import ImageSize, Network

READS_TEXTS = True
READS_NON_SQUARE = True
OPTIONS = {
    "config": {
        "type": "object",
        "required": ["model_type"],
        "properties": {"model_type": {"enum": ["gpt2", "llama"]}},
        "description": "of transformers, under the names of its classes",
    }
}
_SMALL = {
    "model_type": "llama",
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
}


class CausalLM(Network):
    """Layers of a decoder, and a head whose matrix is the embedding of characters too.

    The tied matrix stands in the state dict once, as `head.weight`.
    """

    @staticmethod
    def make_head(num_features: int, num_classes: int) -> nn.Module:
        """Make a matrix, normal with the 0.02 of GPT-2's and Llama's embeddings."""
        head = nn.Linear(num_features, num_classes, bias=False)
        nn.init.normal_(head.weight, std=0.02)
        return head

    def forward(self, images_BCHW: Tensor) -> Tensor:
        """Return logits of the character after each one.

        Args:
            images_BCHW: texts as `Images` has them: one channel, one row of L pixels
                that are codes of characters / 255.

        Returns:
            Shape (B, V, 1, L), a class per pixel. Later characters do not affect the
            logits of earlier ones.
        """
        codes_BL = (255 * images_BCHW[:, 0, 0]).round().long()
        embedded_BLF = functional.embedding(codes_BL, self.get_parameter("head.weight"))
        read = self.body(inputs_embeds=embedded_BLF, use_cache=False)
        logits_BLV: Tensor = self.head(read.last_hidden_state)
        return logits_BLV.movedim(2, 1).unsqueeze(2)


def causal_lm(
    *,
    num_classes: int,
    image_size: ImageSize,
    config: Mapping[str, Any] | None = None,
) -> CausalLM:
    """A decoder with random weights; nothing is downloaded.

    Source: Llama (arXiv 2302.13971; RMSNorm, rotary positions) or GPT-2 (Radford et
    al., 2019; LayerNorm, learned positions), as transformers has them, with tied
    embeddings (Press and Wolf, arXiv 1608.05859).

    Options:
        config: `model_type`, `llama` or `gpt2`, and what the configuration of that
            model takes; by default a Llama of two layers and width 32. Vocabulary and
            context are those of the data.
    """
    # Takes four seconds of CPU time, so that only jobs which need it wait for it.
    from transformers import AutoConfig, AutoModel

    length = image_size if isinstance(image_size, int) else image_size[1]
    settings = AutoConfig.for_model(
        **(config or _SMALL),
        vocab_size=num_classes,
        max_position_embeddings=length,
        bos_token_id=None,
        eos_token_id=None,
    )
    body = AutoModel.from_config(settings)
    body.set_input_embeddings(nn.Identity())
    return CausalLM(body, num_features=settings.hidden_size, num_classes=num_classes)
