//! Every proof of Earmark that needs more than one room; internal, not published.
//! What several proofs share lives here; the proofs themselves are in `tests/`.

pub mod built;
pub mod corpus;
pub mod count;
pub mod crash;
pub mod documents;
pub mod host;
pub mod life;
pub mod orders;
pub mod power;
pub mod random;
pub mod scenario;
pub mod tidy;
