//! Every proof of Earmark that needs more than one room; internal, not published.
//! What several proofs share lives here; the proofs themselves are in `tests/`.

pub mod tidy;
