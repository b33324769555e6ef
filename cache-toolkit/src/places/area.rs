//! Where is looked.

use super::Point;
use crate::ToolkitError;

/// Half the way around the earth, in metres.
const FARTHEST: f64 = 20_038_000.0;

/// What lies around a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    centre: Point,
    form: Form,
}

/// Sizes in metres.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Circle { radius: f64 },
    Box { width: f64, height: f64 },
}

impl Area {
    pub(super) fn circle(centre: Point, radius: f64) -> Result<Self, ToolkitError> {
        Ok(Self {
            centre: centre.checked()?,
            form: Form::Circle {
                radius: checked(radius, FARTHEST)?,
            },
        })
    }

    pub(super) fn of_box(centre: Point, width: f64, height: f64) -> Result<Self, ToolkitError> {
        Ok(Self {
            centre: centre.checked()?,
            form: Form::Box {
                width: checked(width, 2.0 * FARTHEST)?,
                height: checked(height, 2.0 * FARTHEST)?,
            },
        })
    }

    /// The words of `GEOSEARCH`.
    pub(super) fn words(&self) -> Vec<String> {
        let [lon, lat] = [self.centre.lon, self.centre.lat].map(|degrees| degrees.to_string());
        let mut words = vec!["FROMLONLAT".to_owned(), lon, lat];
        match self.form {
            Form::Circle { radius } => words.extend(["BYRADIUS".to_owned(), radius.to_string()]),
            Form::Box { width, height } => {
                words.extend(["BYBOX".to_owned(), width.to_string(), height.to_string()]);
            }
        }
        words.push("m".to_owned());
        words
    }

    /// How far a point is from the centre, if it is inside.
    pub(super) fn distance(&self, point: Point) -> Option<f64> {
        let distance = self.centre.distance(point);
        let is_inside = match self.form {
            Form::Circle { radius } => distance <= radius,
            Form::Box { width, height } => {
                let north = Point::new(point.lon, self.centre.lat);
                let across = Point::new(self.centre.lon, point.lat);
                point.distance(north) <= height / 2.0 && point.distance(across) <= width / 2.0
            }
        };
        is_inside.then_some(distance)
    }
}

fn checked(metres: f64, most: f64) -> Result<f64, ToolkitError> {
    match metres > 0.0 && metres <= most {
        true => Ok(metres),
        false => Err(ToolkitError::Setting {
            what: "distance",
            reason: "it is in metres, over 0 and no further than around the earth",
        }),
    }
}
