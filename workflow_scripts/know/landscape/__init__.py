"""Where true, forgetting and predicted weights lie, and the accuracy around them."""
