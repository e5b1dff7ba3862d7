//! The translator: a plugin's bytes to JSON and back, on instances without a state.
//!
//! Law: an instance that failed is thrown away; one that answered serves again.

use std::sync::{Arc, Mutex, PoisonError};

use earmark_abi::{Answer, Call, FailureKind, Form, decode, encode};

use crate::plugin::{Bodies, Body, Fault};

/// Translates between a plugin's own form and JSON.
pub struct Translator {
    bodies: Arc<dyn Bodies>,
    idle: Mutex<Vec<Box<dyn Body>>>,
}

impl std::fmt::Debug for Translator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Translator").finish_non_exhaustive()
    }
}

impl Translator {
    /// One that makes instances as it needs them.
    #[must_use]
    pub fn new(bodies: Arc<dyn Bodies>) -> Self {
        Self { bodies, idle: Mutex::default() }
    }

    /// JSON to bytes.
    ///
    /// # Errors
    /// What is wrong with the JSON (inner), or with the plugin.
    pub fn from_json(
        &self,
        form: Form,
        kind: u16,
        json: &[u8],
    ) -> Result<Result<Vec<u8>, String>, Fault> {
        self.translate(&Call::FromJson { form, kind, json })
    }

    /// Bytes to JSON.
    ///
    /// # Errors
    /// As [`Translator::from_json`].
    pub fn to_json(
        &self,
        form: Form,
        kind: u16,
        bytes: &[u8],
    ) -> Result<Result<Vec<u8>, String>, Fault> {
        self.translate(&Call::ToJson { form, kind, bytes })
    }

    fn translate(&self, call: &Call<'_>) -> Result<Result<Vec<u8>, String>, Fault> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut body = match idle {
            Some(body) => body,
            None => self.bodies.fast()?,
        };
        let bytes = encode(call).map_err(|error| Fault::Answer(error.to_string()))?;
        let answer = decode("an answer of ABI 1", body.call(&bytes)?);
        let told = match answer.map_err(|error| Fault::Answer(error.to_string()))? {
            Answer::Bytes(bytes) => Ok(bytes.to_vec()),
            Answer::Failed(failed) if failed.kind != FailureKind::Broken => Err(failed.message),
            other => return Err(Fault::Answer(format!("it is not a translation: {other:?}"))),
        };
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(body);
        Ok(told)
    }
}
