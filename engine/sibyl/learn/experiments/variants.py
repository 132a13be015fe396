"""The variants of the network that are compared, and what all of them are trained with."""

BASE = "--hidden 256 --embedding 96 --lanes 16 --length 96 --warm 100 --sample 800"
RATES = (0.002, 0.004, 0.008)
PLAN = {
    "base": ("LSTM, predicted embedding (the base)", ""),
    "frequency": ("frequency after the origin, same tokens", "--count frequency"),
    "markov": ("Markov chain, same tokens", "--count markov"),
    "frequency-all": ("frequency after the origin, whole corpus", "--count frequency all"),
    "markov-all": ("Markov chain, whole corpus", "--count markov all"),
    "full": ("LSTM, full output layer", "--output full"),
    "gru": ("GRU, predicted embedding", "--cell gru"),
    "attention": ("LSTM, predicted embedding, attention", "--attention"),
    "no-origins": ("receiver origins not told", "--no-origins"),
    "no-pieces": ("whole texts only, no pieces", "--no-pieces"),
    "no-names": ("other names not in the loss", "--names 0"),
    "no-siblings": ("siblings not in the loss", "--siblings 0"),
    "hidden-384": ("hidden 384", "--hidden 384"),
    "layers-2": ("two layers", "--layers 2"),
    "seed-2": ("another seed: what chance does", "--seed 2"),
    "deaf": ("PyTorch's own first weights into the gates", "--inward 0.03"),
    "window-1000": ("state dropped every 1,056 tokens", "--window 11"),
    "words-14000": ("14,000 words, 7,000 pieces, counted again", "--vocabulary 14000 7000"),
    "words-7000": ("7,000 words, 14,000 pieces", "--vocabulary 7000 14000"),
    "words-20000": ("20,000 words, 1,000 pieces", "--vocabulary 20000 1000"),
    "chunks-half": ("half of the tokens, read twice", "--chunks 0.5"),
    "chunks-quarter": ("a quarter of the tokens, read four times", "--chunks 0.25"),
    "hidden-512": ("hidden 512", "--hidden 512"),
    "share-25": ("first quarter of the corpus", "--share 0.25"),
    "share-50": ("first half of the corpus", "--share 0.5"),
    "dropout": ("dropout 0.1", "--dropout 0.1"),
}
"""Name, meaning, and what differs from the base; in the order of running."""
RATED = ("base", "full", "gru", "attention", "layers-2", "hidden-384", "hidden-512")
"""Those trained at each rate: what is best for one cell or size need not be for another."""
