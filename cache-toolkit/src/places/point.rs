//! Points on the earth, and how far they are from each other, as Redis has it.

use crate::ToolkitError;

/// The farthest from the equator that a point can be: Web Mercator's end (EPSG:3857), and so that of Redis.
const LATITUDE: f64 = 85.051_128_78;

const LONGITUDE: f64 = 180.0;

/// The earth's radius in metres, of Redis's sphere.
const RADIUS: f64 = 6_372_797.560_856;

/// A point has 26 bits of each coordinate: cells of 0.6 m at the equator.
const CELLS: f64 = (1_u32 << 26) as f64;

/// A point on the earth, in degrees (WGS 84).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Longitude, from -180 in the west to 180 in the east. It stands first, as in GeoJSON and Redis.
    pub lon: f64,
    /// Latitude, from -85.05112878 in the south to 85.05112878 in the north: the poles have no place in Redis's grid.
    pub lat: f64,
}

impl Point {
    /// A point; checked where it is used.
    #[must_use]
    pub const fn new(lon: f64, lat: f64) -> Self {
        Self { lon, lat }
    }

    pub(super) fn checked(self) -> Result<Self, ToolkitError> {
        let wrong = |reason| {
            Err(ToolkitError::Setting {
                what: "point",
                reason,
            })
        };
        if !(-LONGITUDE..=LONGITUDE).contains(&self.lon) {
            return wrong("its longitude `lon` is from -180 to 180 degrees");
        }
        if !(-LATITUDE..=LATITUDE).contains(&self.lat) {
            return wrong(
                "its latitude `lat` is from -85.05112878 to 85.05112878 degrees: has it changed places with `lon`?",
            );
        }
        Ok(self)
    }

    /// The middle of its cell, which is what is stored of it.
    pub(super) fn in_cell(self) -> Self {
        let middle = |degrees: f64, most: f64| {
            let cell = ((degrees + most) / (2.0 * most) * CELLS).floor();
            let edge = |cell: f64| cell / CELLS * (2.0 * most) - most;
            ((edge(cell) + edge(cell + 1.0)) / 2.0).clamp(-most, most)
        };
        Self {
            lon: middle(self.lon, LONGITUDE),
            lat: middle(self.lat, LATITUDE),
        }
    }

    /// Metres along the sphere (haversine).
    pub(super) fn distance(self, other: Self) -> f64 {
        let [lat, other_lat] = [self.lat, other.lat].map(f64::to_radians);
        let [u, v] =
            [other_lat - lat, (other.lon - self.lon).to_radians()].map(|angle| (angle / 2.0).sin());
        let chord = u * u + lat.cos() * other_lat.cos() * v * v;
        2.0 * RADIUS * chord.sqrt().min(1.0).asin()
    }
}
