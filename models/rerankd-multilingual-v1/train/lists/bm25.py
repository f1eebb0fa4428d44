"""Okapi BM25 over words, and over character bigrams for scripts without spaces and for Korean."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
from scipy import sparse

K1 = 1.2
B = 0.75

# Kana, Han with all that stands between it and its compatibility forms (so Hangul too), Thai, Lao, Burmese.
_CLASS = r"\u3040-\u30ff\u3400-\ufaff\u0e00-\u0eff\u1000-\u109f"
_RUNS = re.compile(rf"[{_CLASS}]+|[\w\u0900-\u0dff]+?(?=[^\w\u0900-\u0dff]|$|[\u3040-\u9fff\uac00-\ud7a3])")
_UNSPACED = re.compile(f"[{_CLASS}]")


def terms(text: str) -> list[str]:
    """Lower-cased words; bigrams instead for scripts without spaces, and for Korean, whose words carry endings."""
    found: list[str] = []
    for run in _RUNS.findall(text.lower()):
        if len(run) == 1 or not _UNSPACED.match(run):
            found.append(run)
        else:
            found.extend(run[i : i + 2] for i in range(len(run) - 1))
    return found


class Bm25:
    """An index of a fixed collection."""

    def __init__(self, texts: list[str]) -> None:
        self._ids: dict[str, int] = {}
        rows, cols, freqs = [], [], []
        lengths = np.zeros(len(texts))
        for row, text in enumerate(texts):
            counts = Counter(terms(text))
            lengths[row] = sum(counts.values())
            for term, freq in counts.items():
                rows.append(row)
                cols.append(self._ids.setdefault(term, len(self._ids)))
                freqs.append(freq)
        row, col, tf = np.array(rows, int), np.array(cols, int), np.array(freqs, float)
        shape = (len(texts), max(len(self._ids), 1))
        df = np.bincount(col, minlength=shape[1])
        idf = np.log(1 + (len(texts) - df + 0.5) / (df + 0.5))
        norm = K1 * (1 - B + B * lengths / max(lengths.mean(), 1))
        weight = idf[col] * tf * (K1 + 1) / (tf + norm[row])
        self._weights = sparse.csr_matrix((weight.astype(np.float32), (row, col)), shape=shape)
        self._by_term = self._weights.T.tocsr()

    def _query_matrix(self, queries: list[str]) -> sparse.csr_matrix:
        rows, cols = [], []
        for row, query in enumerate(queries):
            known = {self._ids[term] for term in terms(query) if term in self._ids}
            rows.extend([row] * len(known))
            cols.extend(sorted(known))
        shape = (len(queries), self._weights.shape[1])
        return sparse.csr_matrix((np.ones(len(rows), np.float32), (rows, cols)), shape=shape)

    def scores(self, query: str) -> np.ndarray:
        """The query's score against every text."""
        return (self._query_matrix([query]) @ self._by_term).toarray()[0]

    def top(self, queries: list[str], k: int) -> list[np.ndarray]:
        """For each query the indices of at most `k` texts with a positive score, best first."""
        best = []
        for start in range(0, len(queries), 256):
            scores = self._query_matrix(queries[start : start + 256]) @ self._by_term
            for i in range(scores.shape[0]):
                span = slice(scores.indptr[i], scores.indptr[i + 1])
                cols, values = scores.indices[span], scores.data[span]
                if len(values) > k:
                    kept = np.argpartition(-values, k)[:k]
                    cols, values = cols[kept], values[kept]
                best.append(cols[np.argsort(-values, kind="stable")])
        return best
