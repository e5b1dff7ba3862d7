//! The door: bytes in, bytes out, over any [`Plugin`].
//!
//! Law: a call never panics, whatever its bytes; and once a state is broken, no call is answered
//! from it.

use earmark_abi::{
    Answer, Audited, Call, Description, EventOut, Failure, FailureKind, Form, Input, Outcome,
    Principal, Refused, Turn, Turned, Verdict, chain, decode, encode, encode_into,
};

/// A reducer that can stand behind a door.
pub trait Plugin: Default {
    /// What it is and has.
    fn describe() -> Description;

    /// The empty state with these roles local (none named: all).
    ///
    /// # Errors
    /// Why it can't be, for people.
    fn configure(roles: &[&str]) -> Result<Self, String>;

    /// The state of a snapshot.
    ///
    /// # Errors
    /// Why it can't be read, for people.
    fn restore(snapshot: &[u8]) -> Result<Self, String>;

    /// Writes the whole state down.
    ///
    /// # Errors
    /// Why it can't be written, for people.
    fn snapshot(&self) -> Result<Vec<u8>, String>;

    /// Decides on one input, and changes the state by what it decided; events go to `events`.
    ///
    /// # Errors
    /// [`Broken`] if the state does not hold any more.
    fn settle(
        &mut self,
        by: &Principal<'_>,
        input: &Input<'_>,
        events: &mut EventsOut,
    ) -> Result<Settled, Broken>;

    /// Folds in an event that was decided on before.
    ///
    /// # Errors
    /// [`Broken`] if it is no event of this history.
    fn apply(&mut self, kind: u16, body: &[u8]) -> Result<(), Broken>;

    /// When a tick has something to do next, in milliseconds since the epoch.
    fn next_deadline(&self) -> Option<u64>;

    /// Answers a question.
    ///
    /// # Errors
    /// The refusal.
    fn query(&self, by: &Principal<'_>, kind: u16, body: &[u8]) -> Result<Vec<u8>, Settled>;

    /// Cuts out what a client needs.
    ///
    /// # Errors
    /// The refusal.
    fn slice(&self, by: &Principal<'_>, body: &[u8]) -> Result<Vec<u8>, Settled>;

    /// Checks its laws over the state of now.
    fn audit(&self) -> Audited;

    /// Turns JSON into bytes.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    fn from_json(form: Form, kind: u16, json: &[u8]) -> Result<Vec<u8>, String>;

    /// Turns bytes into JSON.
    ///
    /// # Errors
    /// What is wrong with them, for people.
    fn to_json(form: Form, kind: u16, bytes: &[u8]) -> Result<Vec<u8>, String>;
}

/// A state that does not hold any more, and why.
#[derive(Debug)]
pub struct Broken(pub String);

/// What became of an input.
#[derive(Debug, Default)]
pub struct Settled {
    /// What it was about; empty if nothing in particular.
    pub subject: String,
    /// Whose that is; empty if nobody's.
    pub owner: String,
    /// Why it was refused, if it was: code, message, facts.
    pub refusal: Option<(&'static str, String, Vec<u8>)>,
}

/// Where a plugin writes its events: one piece of memory for a whole batch.
#[derive(Debug, Default)]
pub struct EventsOut {
    bytes: Vec<u8>,
    events: Vec<EventAt>,
}

#[derive(Debug)]
struct EventAt {
    kind: u16,
    subject: String,
    owner: String,
    end: usize,
}

impl EventsOut {
    /// Adds an event; `write` puts its bytes behind those it is given. Subject and owner are empty
    /// where they are those of the outcome.
    ///
    /// # Errors
    /// That of `write`.
    pub fn push<E>(
        &mut self,
        subject: String,
        owner: String,
        write: impl FnOnce(Vec<u8>) -> Result<(u16, Vec<u8>), E>,
    ) -> Result<(), E> {
        let (kind, bytes) = write(core::mem::take(&mut self.bytes))?;
        self.bytes = bytes;
        self.events.push(EventAt { kind, subject, owner, end: self.bytes.len() });
        Ok(())
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.events.clear();
    }

    fn iter(&self) -> impl Iterator<Item = EventOut<'_>> {
        let mut from = 0;
        self.events.iter().map(move |event| {
            let body = self.bytes.get(from..event.end).unwrap_or_default();
            from = event.end;
            let (subject, owner) = (event.subject.as_str(), event.owner.as_str());
            EventOut { kind: event.kind, subject, owner, body }
        })
    }
}

/// A plugin behind its door.
#[derive(Debug, Default)]
pub struct Door<P> {
    state: State<P>,
    events: EventsOut,
    /// The outcomes of a turn, one after the other; kept for its room.
    outcomes: Vec<u8>,
    answer: Vec<u8>,
}

#[derive(Debug, Default)]
enum State<P> {
    #[default]
    Unconfigured,
    Ready(P),
    Broken(String),
}

impl<P: Plugin> Door<P> {
    /// Answers a call. The answer is there until the next one.
    pub fn call(&mut self, call: &[u8]) -> &[u8] {
        let answered = match decode::<Call<'_>>("a call of ABI 1", call) {
            Ok(call) => self.answer(call),
            Err(error) => Err(failure(FailureKind::Malformed, error.to_string())),
        };
        if let Err(failure) = answered {
            if failure.kind == FailureKind::Broken {
                self.state = State::Broken(failure.message.clone());
            }
            self.put(&Answer::Failed(failure));
        }
        &self.answer
    }

    /// The state behind the door, if it is configured and holds.
    pub fn state(&self) -> Option<&P> {
        match &self.state {
            State::Ready(state) => Some(state),
            State::Unconfigured | State::Broken(_) => None,
        }
    }

    fn answer(&mut self, call: Call<'_>) -> Result<(), Failure> {
        match call {
            Call::Describe => self.put(&Answer::Described(P::describe())),
            Call::Configure { roles } => self.begin(P::configure(&roles))?,
            Call::Restore { snapshot } => self.begin(P::restore(snapshot))?,
            Call::Turn(turn) => self.turn(&turn)?,
            Call::Apply { events } => {
                let state = ready(&mut self.state)?;
                for (kind, body) in events {
                    state.apply(kind, body).map_err(broken)?;
                }
                let next_deadline = state.next_deadline();
                self.put(&Answer::Done { next_deadline });
            }
            Call::Query { by, kind, body } => {
                let answer = ready(&mut self.state)?.query(&by, kind, body);
                self.bytes_or_refusal(&answer);
            }
            Call::Slice { by, body } => {
                let answer = ready(&mut self.state)?.slice(&by, body);
                self.bytes_or_refusal(&answer);
            }
            Call::Audit => {
                let audited = ready(&mut self.state)?.audit();
                self.put(&Answer::Audited(audited));
            }
            Call::Snapshot => {
                let bytes = ready(&mut self.state)?.snapshot();
                let bytes = bytes.map_err(|why| failure(FailureKind::Broken, why))?;
                self.put(&Answer::Bytes(&bytes));
            }
            Call::Digest => {
                let bytes = ready(&mut self.state)?.snapshot();
                let bytes = bytes.map_err(|why| failure(FailureKind::Broken, why))?;
                self.put(&Answer::Digest(chain::digest(&bytes)));
            }
            Call::FromJson { form, kind, json } => self.bytes(P::from_json(form, kind, json))?,
            Call::ToJson { form, kind, bytes } => self.bytes(P::to_json(form, kind, bytes))?,
        }
        Ok(())
    }

    fn begin(&mut self, state: Result<P, String>) -> Result<(), Failure> {
        let state = state.map_err(|why| failure(FailureKind::Malformed, why))?;
        let next_deadline = state.next_deadline();
        self.state = State::Ready(state);
        self.put(&Answer::Done { next_deadline });
        Ok(())
    }

    fn turn(&mut self, turn: &Turn<'_>) -> Result<(), Failure> {
        let state = ready(&mut self.state)?;
        let encoded: Result<Vec<Vec<u8>>, _> = turn.principals.iter().map(encode).collect();
        let encoded = encoded.map_err(|e| failure(FailureKind::Malformed, e.to_string()))?;
        // Before the first input is carried out: a malformed turn changes nothing.
        if turn.inputs.iter().any(|input| usize::from(input.by) >= encoded.len()) {
            let why = "an input names a principal that is not in the turn";
            return Err(failure(FailureKind::Malformed, why.to_string()));
        }
        let (mut bytes, mut ends) =
            (core::mem::take(&mut self.outcomes), Vec::with_capacity(turn.inputs.len()));
        bytes.clear();
        let mut chain = turn.chain;
        for input in &turn.inputs {
            let by = usize::from(input.by);
            let (Some(by), Some(encoded)) = (turn.principals.get(by), encoded.get(by)) else {
                continue;
            };
            self.events.clear();
            let settled = state.settle(by, input, &mut self.events).map_err(broken)?;
            let from = bytes.len();
            write_outcome(&settled, &self.events, &mut bytes)?;
            ends.push(bytes.len());
            if let Some(chain) = &mut chain {
                let outcome = bytes.get(from..).unwrap_or_default();
                *chain = chain::extend_encoded(chain, encoded, input, outcome);
            }
        }
        let mut from = 0;
        let outcomes = ends.into_iter().map(|end| {
            let outcome = bytes.get(from..end).unwrap_or_default();
            from = end;
            outcome
        });
        let outcomes = outcomes.collect();
        let next_deadline = state.next_deadline();
        self.put(&Answer::Turned(Turned { outcomes, next_deadline, chain }));
        self.outcomes = bytes;
        Ok(())
    }

    fn bytes(&mut self, bytes: Result<Vec<u8>, String>) -> Result<(), Failure> {
        let bytes = bytes.map_err(|why| failure(FailureKind::Malformed, why))?;
        self.put(&Answer::Bytes(&bytes));
        Ok(())
    }

    fn bytes_or_refusal(&mut self, answer: &Result<Vec<u8>, Settled>) {
        match answer {
            Ok(bytes) => self.put(&Answer::Bytes(bytes)),
            Err(settled) => self.put(&Answer::Refused(refused(settled))),
        }
    }

    fn put(&mut self, answer: &Answer<'_>) {
        self.answer.clear();
        if encode_into(answer, &mut self.answer).is_err() {
            // Nothing of the answer's types fails to be written; an empty answer is a failure to
            // any host that reads it.
            self.answer.clear();
        }
    }
}

fn ready<P>(state: &mut State<P>) -> Result<&mut P, Failure> {
    match state {
        State::Ready(state) => Ok(state),
        State::Unconfigured => {
            let why = "the plugin has no state yet: configure or restore it first";
            Err(failure(FailureKind::Unsupported, why.to_string()))
        }
        State::Broken(why) => Err(failure(FailureKind::Broken, why.clone())),
    }
}

fn write_outcome(settled: &Settled, events: &EventsOut, out: &mut Vec<u8>) -> Result<(), Failure> {
    let verdict = match settled.refusal {
        Some(_) => Verdict::Refused(refused(settled)),
        None => Verdict::Accepted { events: events.iter().collect() },
    };
    let outcome = Outcome { subject: &settled.subject, owner: &settled.owner, verdict };
    encode_into(&outcome, out).map_err(|e| failure(FailureKind::Broken, e.to_string()))
}

fn refused(settled: &Settled) -> Refused<'_> {
    match &settled.refusal {
        Some((code, message, body)) => Refused { code, message, body },
        None => Refused { code: "", message: "", body: &[] },
    }
}

fn broken(Broken(why): Broken) -> Failure {
    failure(FailureKind::Broken, why)
}

fn failure(kind: FailureKind, message: String) -> Failure {
    Failure { kind, message }
}
