//! Distances on the globe: coordinates become whole vectors once, then all is integer arithmetic.
//!
//! Law: the same two points are equally far apart in every body, in both
//! directions, and a point is 0 m from itself. This is the only file of the core with floats: the
//! sine and cosine of `libm` are plain IEEE arithmetic and give the same bits everywhere.
//!
//! The earth is a sphere of its mean radius, so a distance may differ from the true one on the
//! ellipsoid by up to 0.6 %. Height, roads and borders are not considered.

use serde::{Deserialize, Serialize};

/// The mean radius R1 of the earth, in centimetres.
///
/// Source: H. Moritz, "Geodetic Reference System 1980", *Journal of Geodesy* 74 (2000), adopted by
/// the International Union of Geodesy and Geophysics: 6,371,008.8 m.
const RADIUS_CM: i32 = 637_100_880;

/// Half of the greatest circle, pi times [`RADIUS_CM`].
const HALF_ROUND_CM: u64 = 2_001_511_444;

/// A right angle along the globe.
const QUARTER_ROUND_CM: u64 = HALF_ROUND_CM / 2;

/// A right angle and a straight one, in micro-degrees.
const LAT_LIMIT: u32 = 90_000_000;
const LON_LIMIT: u32 = 180_000_000;

/// A place by latitude and longitude, in millionths of a degree (about 11 cm).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct GeoPoint {
    /// North of the equator, -90,000,000 to 90,000,000.
    pub lat: i32,
    /// East of Greenwich, -180,000,000 to 180,000,000.
    pub lon: i32,
}

impl GeoPoint {
    /// Whether the point lies on the globe.
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        self.lat.unsigned_abs() <= LAT_LIMIT && self.lon.unsigned_abs() <= LON_LIMIT
    }
}

/// A place as a vector from the centre of the globe, in centimetres; each component is below 2^30.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct GlobeVector {
    /// Towards latitude 0, longitude 0.
    pub x: i32,
    /// Towards latitude 0, longitude 90 degrees east.
    pub y: i32,
    /// Towards the north pole.
    pub z: i32,
}

impl From<GeoPoint> for GlobeVector {
    /// Rounds to the nearest centimetre. An invalid point wraps around the globe.
    #[expect(clippy::float_arithmetic, reason = "plain IEEE steps, once for each place")]
    fn from(point: GeoPoint) -> Self {
        let radians = |micro: i32| f64::from(micro) * (core::f64::consts::PI / 180e6);
        let (north, up) = libm::sincos(radians(point.lat));
        let (east, ahead) = libm::sincos(radians(point.lon));
        let whole = |share: f64| libm::round(share * f64::from(RADIUS_CM)) as i32;
        Self { x: whole(up * ahead), y: whole(up * east), z: whole(north) }
    }
}

/// The great-circle distance in metres, within 2 m and a millionth of the distance.
///
/// From the chord on the near half of the globe, and on the far half from the chord to the point
/// opposite, where the chord itself hardly changes any more; on each half the distance never
/// falls as its chord grows (or, on the far half, shrinks).
#[must_use]
pub fn metres(a: &GlobeVector, b: &GlobeVector) -> u32 {
    let near = squared(a.x.abs_diff(b.x), a.y.abs_diff(b.y), a.z.abs_diff(b.z));
    let opposite = [b.x, b.y, b.z].map(i32::saturating_neg);
    let [x, y, z] = opposite;
    let far = squared(a.x.abs_diff(x), a.y.abs_diff(y), a.z.abs_diff(z));
    let centimetres = if near <= far {
        arc(near).min(QUARTER_ROUND_CM)
    } else {
        HALF_ROUND_CM.saturating_sub(arc(far).min(QUARTER_ROUND_CM))
    };
    (centimetres.saturating_add(50) / 100) as u32
}

/// The square of a vector's length; no two points of the globe come near the end of 64 bits.
///
/// (The products of this file can't overflow, and one that looks costs a call in Wasm.)
const fn squared(x: u32, y: u32, z: u32) -> u64 {
    let x = (x as u64).wrapping_mul(x as u64);
    let y = (y as u64).wrapping_mul(y as u64);
    x.saturating_add(y).saturating_add((z as u64).wrapping_mul(z as u64))
}

/// The square of the globe's diameter.
const DIAMETER_SQUARED: u64 = squared(RADIUS_CM.unsigned_abs() * 2, 0, 0);

/// `asin(sqrt t) / sqrt t` on 0 to 1/2 as a polynomial in t, from t^7 down, in units of 2^-32.
///
/// Source: interpolation in the 8 Chebyshev nodes of the interval; the greatest relative error is
/// 1.9e-8 (0.2 m on a quarter of the globe). The tests measure it.
const ARC_OVER_CHORD: [i64; 8] = [
    471_046_171,
    -386_917_355,
    324_440_772,
    71_860_768,
    199_633_728,
    321_612_066,
    715_840_252,
    4_294_967_248,
];

/// The arc over a chord that is at most a right angle, in centimetres, from the chord's square.
const fn arc(chord_squared: u64) -> u64 {
    let share = (chord_squared / (DIAMETER_SQUARED >> 32)) as i64;
    let mut sum = 0_i64;
    let mut rest: &[i64] = &ARC_OVER_CHORD;
    while let [next, after @ ..] = rest {
        sum = (sum.wrapping_mul(share) >> 32).saturating_add(*next);
        rest = after;
    }
    (chord_squared.isqrt().wrapping_mul(sum.cast_unsigned())) >> 32
}
