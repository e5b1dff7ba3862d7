//! How the lists of kinds are walked: what is written and read of each entry.
//!
//! Law: the place in a list is the kind on the wire.

/// Reads a payload, or an old one that becomes it.
macro_rules! payload_of {
    ($name:expr, $bytes:expr, $payload:ty) => {
        from_bytes::<$payload>($name, $bytes)?
    };
    ($name:expr, $bytes:expr, $payload:ty, $old:ty) => {
        <$payload>::from(from_bytes::<$old>($name, $bytes)?)
    };
}

/// Walks a list of kinds: `kind name payload-type { value pattern }`.
macro_rules! codec {
    (
        $list:ident, $of:ident, $value:ty, $what:literal, $encode:ident, $decode:ident, $each:ident;
        $(
            $kind:literal $name:ident($p:ident: $payload:ty $(, from $old:ty)?) { $($form:tt)* }
            $($field:ident: $text:expr),*;
        )*
    ) => {
        #[doc = concat!("Every ", $what, "; the place in the list is the kind on the wire.")]
        pub const $list: &[$of] = &[$($of { name: stringify!($name), $($field: $text),* }),*];

        #[doc = concat!("The kind and the bytes of a ", $what, ", written behind `out`; no kind")]
        #[doc = "for one that never leaves the core."]
        ///
        /// # Errors
        /// [`NotReadable`] if it can't be written, which none brings about.
        #[allow(unreachable_patterns, reason = "some lists name all variants, some do not")]
        pub fn $encode(
            value: &$value,
            out: Vec<u8>,
        ) -> Result<Option<(u16, Vec<u8>)>, NotReadable> {
            match value {
                $($($form)* $(if is_in_force::<$old>())? => Ok(Some(($kind, write($p, out)?))),)*
                _ => Ok(None),
            }
        }

        #[doc = concat!("The ", $what, " of a kind from its bytes.")]
        ///
        /// # Errors
        /// [`NotReadable`] for an unknown kind, or bytes that are not of its form.
        pub fn $decode(kind: u16, bytes: &[u8]) -> Result<$value, NotReadable> {
            match kind {
                $($kind => {
                    let $p: $payload = payload_of!(stringify!($name), bytes, $payload $(, $old)?);
                    Ok($($form)*)
                })*
                _ => Err(unknown($what, kind)),
            }
        }

        #[allow(unused_macros, reason = "not every list is walked in every build")]
        /// Calls a macro for each kind.
        macro_rules! $each {
            ($then:ident) => {
                $then! { $($kind $name ($p: $payload $(, from $old)?) { $($form)* })* }
            };
        }
        #[cfg(feature = "json")]
        pub(super) use $each;
    };
}

pub(super) use {codec, payload_of};
