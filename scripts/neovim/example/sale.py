"""Takes a tenth off a basket, and prints what is left to pay."""

from basket import Basket


def sell(basket: Basket) -> None:
    """Print the price after the discount."""
    basket.discount(0.1)
    print(basket.total())


def preview(basket: Basket) -> float:
    """Return the price after another discount."""
    basket.discount(0.2)
    return basket.total()
