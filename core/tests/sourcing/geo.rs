//! Integer distances against the haversine formula in floats, which only tests may use.
//!
//! A distance that is wrong sends parcels from the wrong place, and one that differs between
//! bodies breaks replay; so both the size of the error and the exact values are held here.

use earmark::geo::{GeoPoint, GlobeVector, metres};
use proptest::prelude::*;

const RADIUS_M: f64 = 6_371_008.8;

fn haversine(a: GeoPoint, b: GeoPoint) -> f64 {
    let radians = |micro: i32| (f64::from(micro) / 1e6).to_radians();
    let (dlat, dlon) = (radians(b.lat) - radians(a.lat), radians(b.lon) - radians(a.lon));
    let h = (dlat / 2.0).sin().powi(2)
        + radians(a.lat).cos() * radians(b.lat).cos() * (dlon / 2.0).sin().powi(2);
    // Near the opposite point `asin` loses half of its digits; `atan2` keeps them.
    2.0 * RADIUS_M * h.sqrt().atan2((1.0 - h).max(0.0).sqrt())
}

fn between(a: GeoPoint, b: GeoPoint) -> u32 {
    metres(&a.into(), &b.into())
}

fn point() -> impl Strategy<Value = GeoPoint> {
    (-90_000_000_i32..=90_000_000, -180_000_000_i32..=180_000_000)
        .prop_map(|(lat, lon)| GeoPoint { lat, lon })
}

/// The chord's square, straight and to the point opposite.
fn chords(a: &GlobeVector, b: &GlobeVector) -> (i128, i128) {
    let pairs = [(a.x, b.x), (a.y, b.y), (a.z, b.z)].map(|(a, b)| (i128::from(a), i128::from(b)));
    (
        pairs.iter().map(|(a, b)| (a - b).pow(2)).sum(),
        pairs.iter().map(|(a, b)| (a + b).pow(2)).sum(),
    )
}

#[track_caller]
fn check_error(a: GeoPoint, b: GeoPoint) {
    let (ours, reference) = (f64::from(between(a, b)), haversine(a, b));
    let allowed = 2.0 + 1e-6 * reference;
    assert!((ours - reference).abs() <= allowed, "{a:?} {b:?}: {ours} against {reference}");
}

#[test]
fn known_distances_keep_their_exact_values() {
    let place = |lat, lon| GeoPoint { lat, lon };
    let (berlin, paris) = (place(52_520_008, 13_404_954), place(48_856_613, 2_352_222));
    let (sydney, pole) = (place(-33_868_820, 151_209_290), place(90_000_000, 0));
    assert_eq!(between(berlin, paris), 877_460);
    assert_eq!(between(berlin, sydney), 16_094_526);
    assert_eq!(between(pole, place(0, 77_000_000)), 10_007_557);
    assert_eq!(between(pole, place(-90_000_000, 5)), 20_015_114);
    assert_eq!(between(place(10_000_000, 180_000_000), place(10_000_000, -180_000_000)), 0);
}

#[test]
fn a_vector_keeps_its_exact_components() {
    let berlin = GlobeVector::from(GeoPoint { lat: 52_520_008, lon: 13_404_954 });
    assert_eq!(berlin, GlobeVector { x: 377_104_281, y: 89_873_369, z: 505_581_517 });
    let corner = GlobeVector::from(GeoPoint { lat: 0, lon: -90_000_000 });
    assert_eq!(corner, GlobeVector { x: 0, y: -637_100_880, z: 0 });
}

#[test]
fn only_points_on_the_globe_are_valid() {
    let valid = |lat, lon| GeoPoint { lat, lon }.is_valid();
    assert!(valid(90_000_000, -180_000_000) && valid(-90_000_000, 180_000_000));
    assert!(!valid(90_000_001, 0) && !valid(0, -180_000_001));
    assert!(!valid(i32::MIN, 0) && !valid(0, i32::MIN));
}

#[test]
fn vectors_from_nowhere_do_no_harm() {
    let far = GlobeVector { x: i32::MIN, y: i32::MIN, z: i32::MIN };
    let near = GlobeVector { x: i32::MAX, y: i32::MAX, z: i32::MAX };
    assert!(metres(&far, &near) <= 20_015_114);
    assert_eq!(metres(&far, &far), 0);
    assert_eq!(metres(&GlobeVector { x: 0, y: 0, z: 0 }, &GlobeVector { x: 0, y: 0, z: 0 }), 0);
}

#[test]
fn the_error_is_small_along_a_whole_half_circle() {
    for step in 0..=180_000 {
        check_error(GeoPoint { lat: 0, lon: 0 }, GeoPoint { lat: 0, lon: step * 1_000 });
        check_error(
            GeoPoint { lat: 90_000_000, lon: 0 },
            GeoPoint { lat: 90_000_000 - step * 1_000, lon: 33_000_000 },
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn any_two_points_are_as_far_apart_as_the_reference_says(a in point(), b in point()) {
        check_error(a, b);
    }

    #[test]
    fn neighbours_and_opposites_too(
        a in point(),
        dlat in -90_000_i32..90_000,
        dlon in -90_000_i32..90_000,
    ) {
        let near = GeoPoint {
            lat: (a.lat + dlat).clamp(-90_000_000, 90_000_000),
            lon: (a.lon + dlon).clamp(-180_000_000, 180_000_000),
        };
        check_error(a, near);
        let lon = if near.lon > 0 { near.lon - 180_000_000 } else { near.lon + 180_000_000 };
        check_error(a, GeoPoint { lat: -near.lat, lon });
    }

    #[test]
    fn there_is_as_far_as_back_and_nowhere_is_at_home(a in point(), b in point()) {
        prop_assert_eq!(between(a, b), between(b, a));
        prop_assert_eq!(between(a, a), 0);
    }

    #[test]
    fn a_longer_chord_is_never_a_shorter_way(a in point(), b in point(), c in point()) {
        let [a, b, c] = [a, b, c].map(GlobeVector::from);
        let ((b_near, b_far), (c_near, c_far)) = (chords(&a, &b), chords(&a, &c));
        let (b_is_near, c_is_near) = (b_near <= b_far, c_near <= c_far);
        let (to_b, to_c) = (metres(&a, &b), metres(&a, &c));
        if b_is_near && (!c_is_near || b_near <= c_near) {
            prop_assert!(to_b <= to_c);
        } else if !b_is_near && !c_is_near && b_far >= c_far {
            prop_assert!(to_b <= to_c);
        }
    }

    #[test]
    fn components_stay_below_the_named_bound(a in point()) {
        let vector = GlobeVector::from(a);
        for component in [vector.x, vector.y, vector.z] {
            prop_assert!(component.unsigned_abs() < 1 << 30);
        }
    }
}
