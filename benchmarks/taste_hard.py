"""Taste within one genre: built-in model against published baselines, and the queue against chance.

    python benchmarks/taste_hard.py                       # ballads that utawaku renders
    python benchmarks/taste_hard.py --mir1k Wavfile       # and karaoke of one kind of pop

Needs scikit-learn for the support vector machine alone. Vectors are kept in --keep FOLDER.
Of each question (`benchmarks/one_genre.py`) as many users are made by chance; a third of the
singers, recordings or melodies are held out whole.
"""

import argparse
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

# As `utawaku` itself starts; NumPy reads it when it is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.one_genre import Heard, Question, ballads, karaoke, questions
from utawaku.library.config import load_settings
from utawaku.models.tagger import Tagger
from utawaku.models.taste import choose_batches, fit, joined, standardised_alone
from utawaku.models.taste.evaluation import auc_of

LABELS = (10, 20, 50)
N_USERS = 40
N_FIRST = 10
"""Grades before the first model, as `taste.min_grades` has it."""
N_EACH_TIME = 5
"""Grades between two models, as `taste.retrain_after` has it."""

Score = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""`(graded places, held-out places, targets)` to scores of the held-out songs."""


@dataclass(frozen=True)
class User:
    """What one user likes, and which songs may be graded."""

    liked: np.ndarray
    """bool (n_songs,)."""
    pool: np.ndarray
    """Places of songs that can be graded."""
    tested: np.ndarray
    """Places of songs held out."""
    rng: np.random.Generator


def users(question: Question, n: int) -> Iterator[User]:
    """`n` users of a question; the same ones each time."""
    groups = question.heard.facts[question.held_out_by]
    for number in range(n):
        rng = np.random.default_rng(number)
        liked = question.likes(question.heard, rng)
        names = np.unique(groups)
        shares = np.array([liked[groups == name].mean() for name in names])
        held_out = np.zeros(len(liked), bool)
        # Of each kind a third, where a group is of one kind.
        kinds = (shares < 0.5, shares >= 0.5) if set(shares) <= {0.0, 1.0} else (shares >= 0,)
        for kind in kinds:
            some = names[kind]
            chosen = rng.choice(some, max(1, len(some) // 3), replace=False)
            held_out |= np.isin(groups, chosen)
        yield User(liked, np.flatnonzero(~held_out), np.flatnonzero(held_out), rng)


def scorers(heard: Heard) -> dict[str, Score]:
    """Every model by its name."""
    vectors = heard.vectors
    tags = np.clip(vectors["tags"], 1e-4, 1 - 1e-4)
    found = {
        "MFCC, logistic": _logistic(vectors["timbre"]),
        "mel statistics, logistic": _logistic(vectors["mel"]),
        "musicnn tags, logistic": _logistic(np.log(tags / (1 - tags))),
        "embedding alone": _logistic(vectors["embedding"]),
        "and timbre (before)": _logistic(taste_of(heard)[:, :440]),
        "built in": _logistic(taste_of(heard)),
    }
    if importlib.util.find_spec("sklearn"):
        found = {"MFCC, SVM": _svm(vectors["timbre"]), **found}
    return found


def taste_of(heard: Heard) -> np.ndarray:
    """Vectors of the taste model: float32 (n_songs, 443)."""
    return joined(heard.vectors["embedding"], heard.vectors["timbre"], heard.vectors["tags"])


def _logistic(vectors: np.ndarray) -> Score:
    def score(graded: np.ndarray, held_out: np.ndarray, targets: np.ndarray) -> np.ndarray:
        model = fit(vectors[graded], targets[graded], everything=vectors)
        return model.scores(vectors[held_out])

    return score


def _svm(vectors: np.ndarray) -> Score:
    """A radial one, as genre has been told from MFCC since 2005."""
    from sklearn.svm import SVC

    seen = (vectors - vectors.mean(axis=0)) / np.maximum(vectors.std(axis=0), 1e-6)

    def score(graded: np.ndarray, held_out: np.ndarray, targets: np.ndarray) -> np.ndarray:
        machine = SVC(C=1.0, gamma="scale").fit(seen[graded], targets[graded] > 0.5)
        return np.asarray(machine.decision_function(seen[held_out]))

    return score


def learning_curve(question: Question, score: Score, n_users: int) -> np.ndarray:
    """AUC of each user at each number of grades given at random: float (n_users, n_labels).

    NaN where all of the grades are the same.
    """
    aucs = np.full((n_users, len(LABELS)), np.nan)
    for row, user in zip(aucs, users(question, n_users), strict=True):
        order = user.rng.permutation(user.pool)
        for column, n in enumerate(LABELS):
            told = order[:n]
            if user.liked[told].all() or not user.liked[told].any():
                continue
            scores = score(told, user.tested, user.liked.astype(float))
            auc = auc_of(scores, user.liked[user.tested])
            if auc is not None:
                row[column] = auc
    return aucs


@dataclass(frozen=True)
class Asked:
    """What comes of asking in some order."""

    auc: dict[int, float]
    """By number of grades."""
    liked: float
    """Share of liked songs among the grades from the first model on."""


def ask(vectors: np.ndarray, user: User, *, by_queue: bool, seed: int) -> Asked:
    """Grade up to 50 songs, chosen by the queue or by chance."""
    by_chance = [int(place) for place in np.random.default_rng(seed).permutation(user.pool)]
    asked = np.ones(len(vectors), bool)
    asked[user.pool] = False
    alone = standardised_alone(vectors)
    first = [one.place for one in choose_batches(alone, None, asked, N_FIRST, seed=seed)]
    graded = first if by_queue else by_chance[:N_FIRST]
    asked[graded] = True
    targets = user.liked.astype(float)
    aucs: dict[int, float] = {}
    while True:
        both = user.liked[graded].any() and not user.liked[graded].all()
        model = fit(vectors[graded], targets[graded], everything=vectors)
        if len(graded) in LABELS and both:
            auc = auc_of(model.scores(vectors[user.tested]), user.liked[user.tested])
            if auc is not None:
                aucs[len(graded)] = auc
        if len(graded) >= min(LABELS[-1], len(user.pool)):
            break
        if by_queue:
            scores = model.scores(vectors) if both else None
            seen = model.standardised(vectors) if both else alone
            more = choose_batches(seen, scores, asked, N_EACH_TIME, seed=len(graded))
            places = [one.place for one in more]
        else:
            places = by_chance[len(graded) : len(graded) + N_EACH_TIME]
        graded = [*graded, *places]
        asked[places] = True
    return Asked(aucs, float(user.liked[graded[N_FIRST:]].mean()))


def heard_in(folder: Path | None, name: str, make: Callable[[], Heard]) -> Heard:
    """What was heard, from `folder` where it is kept there."""
    if folder is None:
        return make()
    file = folder / f"{name}.npz"
    if not file.is_file():
        made = make()
        folder.mkdir(parents=True, exist_ok=True)
        arrays = {f"vectors/{key}": value for key, value in made.vectors.items()}
        arrays |= {f"facts/{key}": value for key, value in made.facts.items()}
        np.savez(file, **arrays)  # type: ignore[arg-type]
    with np.load(file, allow_pickle=False) as stored:
        kinds = ({}, {})  # type: tuple[dict[str, np.ndarray], dict[str, np.ndarray]]
        for key in stored.files:
            kind, _, rest = key.partition("/")
            kinds[kind == "facts"][rest] = stored[key]
    return Heard(*kinds)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mir1k", type=Path, help="its folder Wavfile")
    parser.add_argument("--users", type=int, default=N_USERS)
    parser.add_argument("--keep", type=Path)
    wanted = parser.parse_args()
    tagger = Tagger.from_registry(load_settings().weights_dir)
    sung = wanted.mir1k and heard_in(wanted.keep, "karaoke", lambda: karaoke(wanted.mir1k, tagger))
    asked = questions(sung, heard_in(wanted.keep, "ballads", lambda: ballads(tagger)))
    print("median AUC at", " / ".join(map(str, LABELS)), "grades given at random;")
    print("how far the built-in model is ahead with the same users, mean and its standard error")
    for question in asked:
        print(f"\n{question.name}: {question.heard.n_songs} songs, by {question.held_out_by}")
        curves = {
            name: learning_curve(question, score, wanted.users)
            for name, score in scorers(question.heard).items()
        }
        for name, aucs in curves.items():
            medians = " / ".join(f"{auc:.3f}" for auc in np.nanmedian(aucs, axis=0))
            ahead = curves["built in"] - aucs
            error = np.nanstd(ahead, axis=0) / np.sqrt(np.isfinite(ahead).sum(axis=0))
            pairs = zip(np.nanmean(ahead, axis=0), error, strict=True)
            told = " / ".join(f"{mean:+.3f} ({spread:.3f})" for mean, spread in pairs)
            print(f"{name:28}{medians}   {told}", flush=True)
    print(f"\nqueue and chance, medians of {wanted.users} users; liked: of grades {N_FIRST + 1}-50")
    for question in asked:
        vectors = taste_of(question.heard)
        rows = {}
        for by_queue in (True, False):
            told = [
                ask(vectors, user, by_queue=by_queue, seed=seed)
                for seed, user in enumerate(users(question, wanted.users))
            ]
            aucs = [np.median([one.auc[n] for one in told if n in one.auc]) for n in LABELS]
            rows[by_queue] = (aucs, float(np.median([one.liked for one in told])))
        for by_queue, (aucs, liked) in rows.items():
            name = "queue" if by_queue else "chance"
            numbers = " / ".join(f"{auc:.3f}" for auc in aucs)
            print(f"{question.name:28}{name:8}{numbers}   liked {liked:.2f}", flush=True)


if __name__ == "__main__":
    main()
