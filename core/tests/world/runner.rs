//! Runs a test over generated values, as many as the environment says.
//!
//! Law: the same values every time, unless told otherwise; what fails is shrunk and printed.

use proptest::prelude::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

/// Each part has other values.
pub(crate) fn check<S: Strategy>(
    part: u8,
    cases: u32,
    given: S,
    test: impl Fn(S::Value) -> Result<(), String>,
) {
    let said = |name: &str| std::env::var(name).ok().and_then(|n| n.parse::<u32>().ok());
    // An optimised build goes through some twenty times as many in the same time.
    let cases = cases.saturating_mul(said("EARMARK_TIMES").unwrap_or(1));
    let seed = u64::from(said("EARMARK_SEED").unwrap_or(1));
    println!("part {part}: {cases} histories from seed {seed}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8] = part;
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let run = TestRunner::new_with_rng(config, rng)
        .run(&given, |value| test(value).map_err(TestCaseError::fail));
    match run {
        Ok(()) => {}
        Err(TestError::Fail(why, value)) => panic!("{why}\nthe shortest such case: {value:?}"),
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
}
