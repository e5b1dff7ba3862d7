//! The couriers' contract as data: what a relay promises with every one of them.
//!
//! Law: a case knows a courier only through its trait, and who listens only by what arrived there.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::{Backoff, Batch, Outbox, Relay, Route, Standing, Store, Waiting};
use crate::courier::{Courier, Message};

/// What a case comes to.
pub type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Where couriers and the file of their cursors come from. A bench is used for one case.
pub trait Bench {
    /// A courier to a receiver that tells this listener what arrives, and answers as it says.
    ///
    /// # Errors
    /// Why there is none.
    fn courier(
        &mut self,
        listener: &Listener,
    ) -> Result<Arc<dyn Courier>, Box<dyn std::error::Error>>;

    /// The store; the same one at each call, opened anew.
    ///
    /// # Errors
    /// Why there is none.
    fn store(&mut self, source: &str) -> Result<Store, Box<dyn std::error::Error>>;
}

/// One case of the contract.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// What it shows, as a sentence.
    pub name: &'static str,
    /// Runs it; the error says what was not as promised.
    pub run: fn(&mut dyn Bench) -> Outcome,
}

/// All cases.
pub const CASES: &[Case] = &[
    Case { name: "messages arrive once and in order", run: in_order },
    Case { name: "an endpoint is told of its types alone", run: by_type },
    Case { name: "a relay that dies while it carries loses nothing", run: dies_while_it_carries },
    Case { name: "a relay that dies at any moment loses nothing", run: dies_at_any_moment },
    Case { name: "a relay that ends in order repeats nothing", run: ends_in_order },
    Case { name: "a poisonous message becomes a letter and others flow", run: poison },
    Case { name: "tries are counted across restarts", run: tries_are_kept },
    Case { name: "a slow endpoint delays nobody", run: slow_delays_nobody },
    Case { name: "a letter is delivered when it is tried again", run: redrive },
];

/// What a receiver does with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It has it, and says so.
    Takes,
    /// It does not have it, and says so.
    Fails,
    /// It has it, and says nothing for a long while.
    Hangs,
}

type Manner = Box<dyn Fn(&str) -> Answer + Send>;

/// Who listens behind a receiver.
#[derive(Clone)]
pub struct Listener(Arc<Mutex<Heard>>);

struct Heard {
    arrived: Vec<String>,
    failed: Vec<String>,
    manner: Manner,
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Listener")
    }
}

impl Default for Listener {
    fn default() -> Self {
        let manner: Manner = Box::new(|_| Answer::Takes);
        Self(Arc::new(Mutex::new(Heard { arrived: Vec::new(), failed: Vec::new(), manner })))
    }
}

impl Listener {
    /// A message of this id is there: what the receiver does with it.
    #[must_use]
    pub fn came(&self, id: &str) -> Answer {
        let mut heard = self.heard();
        let answer = (heard.manner)(id);
        match answer {
            Answer::Fails => heard.failed.push(id.to_string()),
            Answer::Takes | Answer::Hangs => heard.arrived.push(id.to_string()),
        }
        answer
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, manner: impl Fn(&str) -> Answer + Send + 'static) {
        self.heard().manner = Box::new(manner);
    }

    fn arrived(&self) -> Vec<String> {
        self.heard().arrived.clone()
    }

    fn failed(&self) -> usize {
        self.heard().failed.len()
    }
}

/// Messages in memory.
#[derive(Debug)]
struct Sample {
    messages: Mutex<Vec<Message>>,
    end: watch::Sender<u64>,
}

const SOURCE: &str = "urn:earmark:contract";
const EVEN: &str = "dev.example.Even.v1";
const ODD: &str = "dev.example.Odd.v1";
const TRIES: u32 = 4;
const QUICK: Backoff =
    Backoff { tries: TRIES, first: Duration::from_millis(2), most: Duration::from_millis(4) };
/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

impl Sample {
    fn of(count: u64) -> Arc<Self> {
        let sample = Self { messages: Mutex::default(), end: watch::Sender::new(0) };
        sample.grow(count);
        Arc::new(sample)
    }

    fn grow(&self, to: u64) {
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        let from = u64::try_from(messages.len()).unwrap_or(0).saturating_add(1);
        messages.extend((from..=to).map(sample_message));
        self.end.send_replace(to);
    }
}

/// The message of a place: one that mail can be made of, too.
#[must_use]
pub fn sample_message(sequence: u64) -> Message {
    let ce_type = if sequence.is_multiple_of(2) { EVEN } else { ODD };
    let json = format!(
        r#"{{"specversion":"1.0","id":"{sequence}","type":"{ce_type}","data":{{"n":{sequence}}}}}"#
    );
    Message {
        id: id(sequence),
        sequence,
        ce_type: ce_type.to_string(),
        subject: format!("thing-{sequence}"),
        owner: "ann".to_string(),
        json: json.into(),
    }
}

/// The types of sample messages.
pub const SAMPLE_TYPES: [&str; 2] = [EVEN, ODD];

fn id(sequence: u64) -> String {
    format!("contract-{sequence}")
}

fn ids(from: u64, to: u64) -> Vec<String> {
    (from..=to).map(id).collect()
}

impl Outbox for Sample {
    fn source(&self) -> String {
        SOURCE.to_string()
    }

    fn bounds(&self) -> (u64, u64) {
        (0, *self.end.borrow())
    }

    fn moved(&self, beyond: u64) -> Waiting<'_> {
        let mut end = self.end.subscribe();
        Box::pin(async move { drop(end.wait_for(|end| *end > beyond).await) })
    }

    fn read(&self, after: u64, most: usize, types: Option<&[String]>) -> Result<Batch, String> {
        let messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = messages.iter().filter(|one| one.sequence > after).take(most);
        let upto = seen.clone().last().map_or(after, |last| last.sequence);
        let wanted = |one: &&Message| types.is_none_or(|types| types.contains(&one.ce_type));
        Ok(Batch { messages: seen.filter(wanted).cloned().collect(), upto })
    }
}

fn route(name: &str, courier: Arc<dyn Courier>) -> Route {
    Route { name: name.to_string(), after: 0, types: None, backoff: QUICK, courier }
}

fn begin(bench: &mut dyn Bench, sample: &Arc<Sample>, routes: Vec<Route>) -> Result<Relay, Error> {
    let outbox: Arc<dyn Outbox> = sample.clone();
    Ok(Relay::start(&outbox, &bench.store(SOURCE)?, routes)?)
}

type Error = Box<dyn std::error::Error>;

fn standing(bench: &mut dyn Bench, name: &str) -> Result<Standing, Error> {
    let all = bench.store(SOURCE)?.standings()?;
    all.into_iter().find(|one| one.name == name).ok_or_else(|| "it stands nowhere".into())
}

fn until(what: &str, mut holds: impl FnMut() -> bool) -> Outcome {
    let begun = Instant::now();
    while !holds() {
        if begun.elapsed() > PATIENCE {
            return Err(format!("not so after {} s: {what}", PATIENCE.as_secs()).into());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}

/// Fails the case with a text unless the condition holds.
macro_rules! ensure {
    ($holds:expr, $($text:tt)+) => {
        if !$holds {
            return Err(format!($($text)+).into());
        }
    };
}

fn in_order(bench: &mut dyn Bench) -> Outcome {
    let (sample, listener) = (Sample::of(20), Listener::default());
    let courier = bench.courier(&listener)?;
    let relay = begin(bench, &sample, vec![route("a", courier)])?;
    until("the first have arrived", || listener.arrived().len() >= 20)?;
    sample.grow(40);
    until("what came later has arrived", || listener.arrived().len() >= 40)?;
    relay.close(PATIENCE);
    ensure!(listener.arrived() == ids(1, 40), "arrived: {:?}", listener.arrived());
    let stands = standing(bench, "a")?;
    ensure!((stands.cursor, stands.delivered) == (40, 40), "it stands so: {stands:?}");
    Ok(())
}

fn by_type(bench: &mut dyn Bench) -> Outcome {
    let (sample, listener) = (Sample::of(9), Listener::default());
    let courier = bench.courier(&listener)?;
    let types = Some(vec![EVEN.to_string()]);
    let relay = begin(bench, &sample, vec![Route { types, ..route("a", courier) }])?;
    let meters = relay.meters();
    until("all is settled", || meters.iter().all(|one| one.cursor() == 9))?;
    drop(relay);
    let wanted: Vec<String> = [2, 4, 6, 8].map(id).to_vec();
    ensure!(listener.arrived() == wanted, "arrived: {:?}", listener.arrived());
    Ok(())
}

fn dies_while_it_carries(bench: &mut dyn Bench) -> Outcome {
    let (sample, listener) = (Sample::of(12), Listener::default());
    let courier = bench.courier(&listener)?;
    for place in [1, 5, 12] {
        let hung = id(place);
        let of = hung.clone();
        listener.answer(move |id| if id == of { Answer::Hangs } else { Answer::Takes });
        let relay = begin(bench, &sample, vec![route("a", Arc::clone(&courier))])?;
        until("it hangs", || listener.arrived().last() == Some(&hung))?;
        drop(relay);
    }
    listener.answer(|_| Answer::Takes);
    let relay = begin(bench, &sample, vec![route("a", courier)])?;
    let meters = relay.meters();
    until("all is settled", || meters.iter().all(|one| one.cursor() == 12))?;
    drop(relay);
    // What was under way is there twice, under the same id, and nothing else is.
    let places = [1, 1, 2, 3, 4, 5, 5, 6, 7, 8, 9, 10, 11, 12, 12];
    let wanted: Vec<String> = places.map(id).to_vec();
    ensure!(listener.arrived() == wanted, "arrived: {:?}", listener.arrived());
    Ok(())
}

fn dies_at_any_moment(bench: &mut dyn Bench) -> Outcome {
    const ALL: u64 = 60;
    let (sample, listener) = (Sample::of(ALL), Listener::default());
    let courier = bench.courier(&listener)?;
    let mut deaths = 0_usize;
    for wait in [0, 1, 2, 3, 5, 7, 11, 13, 17, 19] {
        let relay = begin(bench, &sample, vec![route("a", Arc::clone(&courier))])?;
        std::thread::sleep(Duration::from_millis(wait));
        drop(relay);
        deaths = deaths.saturating_add(1);
    }
    let relay = begin(bench, &sample, vec![route("a", courier)])?;
    let meters = relay.meters();
    until("all is settled", || meters.iter().all(|one| one.cursor() == ALL))?;
    drop(relay);
    let mut arrived = listener.arrived();
    let count = arrived.len();
    arrived.dedup();
    ensure!(arrived == ids(1, ALL), "lost, or out of order: {arrived:?}");
    let repeats = count.saturating_sub(arrived.len());
    ensure!(repeats <= deaths, "{repeats} repeats for {deaths} deaths");
    Ok(())
}

fn ends_in_order(bench: &mut dyn Bench) -> Outcome {
    const ALL: u64 = 60;
    let (sample, listener) = (Sample::of(ALL), Listener::default());
    let courier = bench.courier(&listener)?;
    for wait in [0, 2, 5, 11, 17] {
        let relay = begin(bench, &sample, vec![route("a", Arc::clone(&courier))])?;
        std::thread::sleep(Duration::from_millis(wait));
        relay.close(PATIENCE);
    }
    let relay = begin(bench, &sample, vec![route("a", courier)])?;
    until("all have arrived", || listener.arrived().len() >= ids(1, ALL).len())?;
    relay.close(PATIENCE);
    ensure!(listener.arrived() == ids(1, ALL), "arrived: {:?}", listener.arrived());
    Ok(())
}

fn poison(bench: &mut dyn Bench) -> Outcome {
    let (sample, listener) = (Sample::of(6), Listener::default());
    listener.answer(|one| if one == id(3) { Answer::Fails } else { Answer::Takes });
    let courier = bench.courier(&listener)?;
    let relay = begin(bench, &sample, vec![route("a", courier)])?;
    let meters = relay.meters();
    until("all is settled", || meters.iter().all(|one| one.cursor() == 6))?;
    drop(relay);
    let wanted: Vec<String> = [1, 2, 4, 5, 6].map(id).to_vec();
    ensure!(listener.arrived() == wanted, "arrived: {:?}", listener.arrived());
    let tries = usize::try_from(TRIES)?;
    ensure!(listener.failed() == tries, "it was tried {} times", listener.failed());
    let letters = bench.store(SOURCE)?.letters("a")?;
    let [letter] = letters.as_slice() else {
        return Err(format!("{} letters", letters.len()).into());
    };
    ensure!(letter.message == sample_message(3), "the letter is {letter:?}");
    ensure!(letter.tries == TRIES && !letter.error.is_empty(), "the letter is {letter:?}");
    Ok(())
}

fn tries_are_kept(bench: &mut dyn Bench) -> Outcome {
    let (sample, listener) = (Sample::of(1), Listener::default());
    listener.answer(|_| Answer::Fails);
    let courier = bench.courier(&listener)?;
    let backoff = Backoff { first: PATIENCE, most: PATIENCE, ..QUICK };
    for tries in 1..TRIES {
        let route = Route { backoff, ..route("a", Arc::clone(&courier)) };
        let relay = begin(bench, &sample, vec![route])?;
        until("a try is written down", || {
            standing(bench, "a").is_ok_and(|stands| stands.tries >= tries)
        })?;
        drop(relay);
    }
    let stands = standing(bench, "a")?;
    ensure!(stands.cursor == 0 && stands.error.is_some(), "it stands so: {stands:?}");
    let relay = begin(bench, &sample, vec![route("a", courier)])?;
    let meters = relay.meters();
    until("it is a letter", || meters.iter().all(|one| one.letters() == 1))?;
    Ok(())
}

fn slow_delays_nobody(bench: &mut dyn Bench) -> Outcome {
    let (sample, slow, quick) = (Sample::of(20), Listener::default(), Listener::default());
    slow.answer(|_| Answer::Hangs);
    let routes = vec![route("slow", bench.courier(&slow)?), route("quick", bench.courier(&quick)?)];
    let relay = begin(bench, &sample, routes)?;
    until("the slow one has its first", || slow.arrived().len() == 1)?;
    until("the quick one has all", || quick.arrived() == ids(1, 20))?;
    drop(relay);
    ensure!(slow.arrived() == ids(1, 1), "the slow one has {:?}", slow.arrived());
    Ok(())
}

fn redrive(bench: &mut dyn Bench) -> Outcome {
    let (sample, listener) = (Sample::of(3), Listener::default());
    listener.answer(|_| Answer::Fails);
    let courier = bench.courier(&listener)?;
    let relay = begin(bench, &sample, vec![route("a", courier)])?;
    let meters = relay.meters();
    until("all are letters", || meters.iter().all(|one| one.letters() == 3))?;
    let store = bench.store(SOURCE)?;
    ensure!(store.retry("a", 2)?, "the letter is not there");
    ensure!(!store.retry("a", 4)?, "there is no such letter");
    let tried = TRIES.saturating_add(1);
    let letter = |store: &Store| store.letters("a").ok()?.get(1).cloned();
    until("it was tried in vain", || {
        letter(&store).is_some_and(|letter| letter.tries == tried && !letter.again)
    })?;
    listener.answer(|_| Answer::Takes);
    ensure!(store.retry("a", 2)? && store.give_up("a", 3)?, "the letters are not there");
    until("it has arrived", || listener.arrived() == ids(2, 2))?;
    let left =
        || store.letters("a").map(|all| all.iter().map(|one| one.message.sequence).collect());
    until("it is settled", || left().is_ok_and(|left: Vec<u64>| left == [1]))?;
    drop(relay);
    ensure!(listener.arrived() == ids(2, 2), "arrived: {:?}", listener.arrived());
    Ok(())
}
